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
  runtime::log(LogLevel::Information, "Lull.Audit", "change",
               {{"principal", line.principal}, {"action", line.action}, {"id", line.id}, {"status", line.status}});
}

void LogJournal::defect(std::string_view route, std::string_view traceId, std::string_view what) {
  runtime::log(LogLevel::Error, "Lull.Api", "a request failed on a defect of Lull",
               {{"route", route}, {"traceId", traceId}, {"error", what}});
}

}  // namespace lull::app
