#include "log_journal.hpp"

#include <lull/runtime/log.hpp>

namespace lull::app {

using runtime::LogLevel;

namespace {

constexpr std::string_view kRequests = "Lull.Requests";

}  // namespace

bool LogJournal::wantsRequests() const {
  return runtime::logEnabled(LogLevel::Debug, kRequests);
}

void LogJournal::request(const api::RequestLine& line) {
  runtime::log(LogLevel::Debug, kRequests, "request",
               {{"method", line.method},
                {"route", line.route},
                {"status", line.status},
                {"ms", static_cast<double>(line.duration.count()) / 1000.0},
                {"principal", line.principal},
                {"traceId", line.traceId}});
}

void LogJournal::audit(const api::AuditLine& line) {
  runtime::log(line.routine ? LogLevel::Debug : LogLevel::Information, "Lull.Audit", "change",
               {{"principal", line.principal},
                {"proof", line.proof},
                {"action", line.action},
                {"id", line.id},
                {"status", line.status}});
}

void LogJournal::keys(const auth::KeyLine& line) {
  constexpr std::string_view kKeys = "Lull.Authentication";
  if (line.failure.empty()) {
    runtime::log(LogLevel::Information, kKeys, "the keys of the token issuer are fetched",
                 {{"source", line.source}, {"keys", line.count}});
    return;
  }
  runtime::log(LogLevel::Warning, kKeys,
               line.cached ? "the token issuer cannot be reached; the keys from before stay in force"
                           : "the keys of the token issuer cannot be fetched; tokens are answered 503 until they are",
               {{"source", line.source}, {"error", line.failure}});
}

std::uint64_t LogJournal::linesLost() const {
  return runtime::droppedLogLines();
}

void LogJournal::secretDropped(std::string_view endpointId) {
  runtime::log(
      LogLevel::Warning, "Lull.Audit",
      "a signing secret that was replaced less than 24 h ago no longer signs, because five are kept: receivers "
      "that hold it refuse notifications until they have a newer one",
      {{"endpointId", endpointId}});
}

void LogJournal::defect(std::string_view route, std::string_view traceId, std::string_view what) {
  runtime::log(LogLevel::Error, "Lull.Api", "a request failed on a defect of Lull",
               {{"route", route}, {"traceId", traceId}, {"error", what}});
}

}  // namespace lull::app
