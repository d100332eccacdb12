#include "attempt_log.hpp"

#include <lull/runtime/log.hpp>

#include <algorithm>

namespace lull::dispatch {

namespace {

using runtime::LogLevel;
constexpr std::string_view kCategory = "Lull.Delivery";

std::string whatNext(const ports::Settlement& settlement) {
  switch (settlement.action) {
    case ports::SettleAction::Complete:
      return "done";
    case ports::SettleAction::Reschedule:
      return formatRfc3339(settlement.due);
    case ports::SettleAction::SetAside:
      return "set aside until " + formatRfc3339(settlement.due);
    case ports::SettleAction::Park:
      return "endpoint parked until " + formatRfc3339(settlement.due);
    case ports::SettleAction::Bury:
      return "dead letter: " + std::string(toString(settlement.reason));
    case ports::SettleAction::Release:
      return "waits";
    case ports::SettleAction::Hold:
      return "endpoint paused: " + std::string(toString(settlement.pause.value_or(PauseOrder{}).reason));
  }
  return {};
}

/// No error: the receiver has the message, was not asked, or put it off without one (SkipNow).
bool isGood(const AttemptResult& result) {
  if (result.answer)
    return result.answer->result == ReceiverResult::Ok || result.answer->result == ReceiverResult::SkipNow;
  return result.outcome == Outcome::Delivered || result.outcome == Outcome::Released;
}

/// While a broker is away, each of its endpoints that waits tries again every few seconds. An alert and a line of the
/// channel tell of that once.
LogLevel levelOf(const AttemptResult& result) {
  if (result.outcome == Outcome::Released && result.parks) return LogLevel::Debug;
  return isGood(result) ? LogLevel::Information : LogLevel::Warning;
}

}  // namespace

void logAttempt(const Claim& claim, const Endpoint& endpoint, const AttemptEnd& end,
                const ports::Settlement& settlement) {
  const auto level = levelOf(end.result);
  if (!runtime::logEnabled(level, kCategory)) return;
  const auto& message = claim.message;
  const auto write = [&](const auto&... more) {
    runtime::log(level, kCategory, "attempt",
                 {{"outcome", outcomeWord(end.result)},
                  {"status", end.result.code.value_or(0)},
                  {"ms", end.result.duration.count()},
                  {"endpointId", claim.endpoint},
                  {"endpoint", endpoint.registration.name},
                  {"messageId", message.id},
                  {"changeType", message.key.changeType},
                  {"itemId", message.key.itemId.text()},
                  {"sequence", message.upto},
                  {"events", message.eventCount},
                  {"attempt", message.attempts},
                  {"lagMs", (end.now - claim.dueAt).count()},
                  {"error", end.result.sentence},
                  {"next", whatNext(settlement)},
                  more...});
  };
  if (end.result.answer) return write(runtime::LogField("result", toString(end.result.answer->result)));
  write();
}

void logSuspect(const Claim& claim, const Endpoint& endpoint, bool alone) {
  runtime::log(LogLevel::Warning, kCategory,
               alone ? "its leases were lost: sent while nothing else runs here" : "its leases were lost: sent again",
               {{"losses", claim.losses},
                {"endpointId", claim.endpoint},
                {"endpoint", endpoint.registration.name},
                {"messageId", claim.message.id},
                {"changeType", claim.message.key.changeType},
                {"itemId", claim.message.key.itemId.text()}});
}

void logBurial(const Claim& claim, const Endpoint& endpoint, DeathReason reason) {
  runtime::log(LogLevel::Warning, kCategory, "dead letter without an attempt",
               {{"reason", toString(reason)},
                {"endpointId", claim.endpoint},
                {"endpoint", endpoint.registration.name},
                {"messageId", claim.message.id},
                {"changeType", claim.message.key.changeType},
                {"itemId", claim.message.key.itemId.text()}});
}

}  // namespace lull::dispatch
