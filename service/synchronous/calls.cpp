#include <lull/domain/filter.hpp>
#include <lull/domain/recorded_attempt.hpp>
#include <lull/runtime/log.hpp>
#include <lull/synchronous/calls.hpp>

#include <algorithm>
#include <future>
#include <set>
#include <string>
#include <utility>

namespace lull::synchronous {

namespace {

using runtime::LogLevel;
constexpr std::string_view kCategory = "Lull.Delivery";

// A channel keeps the time-out of a call. When this is over as well, it does not keep it.
constexpr std::chrono::seconds kMargin{5};

// How long what is known of the endpoints is good enough to call them.
constexpr std::chrono::milliseconds kKnown{500};

bool isWanted(const ports::RegistrySnapshot& registry, const Event& event) {
  return std::ranges::any_of(registry.called, [&](const auto& endpoint) { return wants(*endpoint, event); });
}

std::size_t countWanted(const ports::RegistrySnapshot& registry, const std::vector<Event>& events) {
  if (registry.called.empty()) return 0;
  const auto count = std::ranges::count_if(events, [&](const auto& event) { return isWanted(registry, event); });
  return static_cast<std::size_t>(count);
}

Error tooManyEvents(std::size_t wanted, std::size_t most) {
  return invalidInput("", "Endpoints with delivery sync want " + std::to_string(wanted) +
                              " of these events, and a request may have " + std::to_string(most) +
                              " such events: send them in several requests.");
}

Error tooManyRequests(std::size_t most) {
  return {ErrorCode::Unavailable, std::to_string(most) +
                                      " requests wait for their calls to endpoints with delivery sync, and no more "
                                      "may; nothing was admitted: send the events again."};
}

/// What the receiver gets: the event as it is, told by itself.
Message messageOf(const Event& event, std::string id, std::uint64_t sequence, Instant now) {
  Message message;
  message.id = std::move(id);
  message.key = {event.changeType, event.itemId};
  message.payload = {event.baseId, event.type, event.data, event.operation, event.scope, event.changedFields};
  message.traceparent = event.traceparent;
  message.upto = sequence;
  message.eventCount = 1;
  message.attempts = 1;
  message.occurredAt = std::min(event.occurredAt.value_or(now), now);
  message.sentAt = now;
  return message;
}

/// No error: the receiver has the event, put it off without one, or was not asked; or this process ended the call.
bool isFailure(const AttemptResult& result) {
  if (result.answer && result.answer->result == ReceiverResult::SkipNow) return false;
  if (result.outcome == Outcome::Held) return result.pause && result.pause->answered;
  return result.outcome != Outcome::Delivered && result.outcome != Outcome::Released && !result.cutOff;
}

void logCall(const Endpoint& endpoint, const Message& message, const AttemptResult& result) {
  const auto level = isFailure(result) ? LogLevel::Warning : LogLevel::Information;
  if (!runtime::logEnabled(level, kCategory)) return;
  runtime::log(level, kCategory, "call",
               {{"outcome", outcomeWord(result)},
                {"status", result.code.value_or(0)},
                {"result", result.answer ? toString(result.answer->result) : std::string_view()},
                {"ms", result.duration.count()},
                {"endpointId", endpoint.id},
                {"endpoint", endpoint.registration.name},
                {"messageId", message.id},
                {"changeType", message.key.changeType},
                {"itemId", message.key.itemId.text()},
                {"sequence", message.upto},
                {"error", result.sentence}});
}

AttemptResult deliver(ports::Channel& channel, ports::DeliveryRequest request) {
  const auto answer = std::make_shared<std::promise<AttemptResult>>();
  auto result = answer->get_future();
  const auto most = request.timeout + kMargin;
  channel.deliver(std::move(request), [answer](AttemptResult one) { answer->set_value(std::move(one)); });
  if (result.wait_for(most) == std::future_status::ready) return result.get();
  AttemptResult lost;
  lost.sentence = "The call did not end.";
  lost.duration = std::chrono::duration_cast<Millis>(most);
  return lost;
}

}  // namespace

bool wants(const Endpoint& endpoint, const Event& event) {
  const auto& registration = endpoint.registration;
  return (registration.changeTypes & event.changeType) != 0 &&
         refusedBy(registration.filter, event) == FilterPart::None;
}

/// The calls of one request.
class Calls::Round {
 public:
  Round(const CallSettings& settings, const CallPorts& ports, ports::SnapshotPtr registry,
        SteadyClock::time_point begin)
      : settings_(settings),
        ports_(ports),
        begin_(begin),
        registry_(std::move(registry)),
        latest_(registry_),
        lookedAt_(settings.steadyNow()) {}

  /// Without `mayCall` they are only reported.
  void tell(const Event& event, std::uint64_t sequence, bool mayCall) {
    for (const auto& registered : registry_->called) {
      if (!wants(*registered, event)) continue;
      if (mayCall && timeLeft() > Millis{0}) lookAgain();
      const auto endpoint = asItIsNow(*registered);
      const auto left = mayCall ? timeLeft() : Millis{0};
      if (!endpoint) {
        report(registered->id, sequence, kSkipped);
      } else if (left <= Millis{0}) {
        report(registered->id, sequence, kNoTime);
      } else if (call(endpoint, event, sequence, left) == ReceiverResult::Error) {
        return;
      }
    }
  }

  /// The log is for operators. Whoever publishes must not hear that it could not be written.
  void writeLog() {
    if (records_.empty()) return;
    if (const auto written = ports_.log.write(ports_.clock.now(), records_); !written) {
      runtime::log(LogLevel::Warning, kCategory, "calls are missing in the logs of attempts",
                   {{"calls", records_.size()}, {"error", written.error().message}});
    }
  }

  std::vector<CallReport> reports() { return std::move(reports_); }

 private:
  Millis timeLeft() const {
    return settings_.deadline - std::chrono::duration_cast<Millis>(settings_.steadyNow() - begin_);
  }

  // No call starts later than a second after a pause or a deletion was acknowledged, however long those before took.
  void lookAgain() {
    const auto now = settings_.steadyNow();
    if (now - lookedAt_ < kKnown) return;
    lookedAt_ = now;
    if (auto current = ports_.registry.current()) latest_ = *std::move(current);
  }

  /// The endpoint to call; nullptr when it is paused, or is none of ours any more.
  std::shared_ptr<const Endpoint> asItIsNow(const Endpoint& registered) const {
    const auto found = latest_->endpoints.find(registered.id);
    if (found == latest_->endpoints.end() || held_.contains(registered.id)) return nullptr;
    const auto& registration = found->second->registration;
    const bool isCalled = registration.enabled && registration.telling.delivery == Delivery::Sync;
    return isCalled ? found->second : nullptr;
  }

  void report(const EndpointId& endpoint, std::uint64_t sequence, std::string_view outcome) {
    reports_.push_back({endpoint, sequence, outcome, {}, {}, Millis{0}});
  }

  std::optional<ReceiverResult> call(const std::shared_ptr<const Endpoint>& endpoint, const Event& event,
                                     std::uint64_t sequence, Millis left) {
    const auto startedAt = ports_.clock.now();
    const auto message = messageOf(event, ports_.log.messageId(endpoint->id, sequence), sequence, startedAt);
    const auto timeout = std::min(endpoint->registration.timeout.value_or(settings_.timeout), left);
    const auto result = deliver(ports_.channel, {endpoint, message, timeout, false});
    const auto said = result.answer ? std::optional(result.answer->result) : std::nullopt;
    ports_.meter.attempt(outcomeWord(result), result.duration);
    if (wasAttempt(result)) ports_.history.attempted(endpoint->id, result.outcome != Outcome::Delivered);
    logCall(*endpoint, message, result);
    reports_.push_back({endpoint->id, sequence, outcomeWord(result), result.code, said, result.duration});
    if (result.outcome == Outcome::Held) held_.insert(endpoint->id);
    if (result.outcome != Outcome::Released) {
      records_.push_back({endpoint->id, recordOf(message, result, startedAt), isFailure(result), result.pause});
    }
    return said;
  }

  const CallSettings& settings_;
  const CallPorts& ports_;
  const SteadyClock::time_point begin_;
  const ports::SnapshotPtr registry_;  // of the commit: who is told
  ports::SnapshotPtr latest_;          // how they are now
  SteadyClock::time_point lookedAt_;
  std::vector<CallReport> reports_;
  std::vector<ports::CallRecord> records_;
  std::set<EndpointId> held_;  // paused by a call of this request
};

std::vector<Plan::Kept> Plan::wantedAmong(const std::vector<Event>& events, const ports::RegistrySnapshot& registry) {
  std::vector<Kept> wanted;
  for (std::size_t place = 0; place < events.size(); ++place) {
    if (isWanted(registry, events[place])) wanted.push_back({events[place], place});
  }
  return wanted;
}

Calls::Calls(CallSettings settings, CallPorts ports)
    : settings_(std::move(settings)), ports_(ports), gate_(settings_.mostRequests) {}

// A request is planned by what this process knows of the endpoints, and the answer to its commit tells whether that was
// all. So nobody waits for Redis twice, and nothing is copied while no endpoint has to be called. Events that cannot be
// read again have to be kept now, by what is true now; and nothing is refused because of what was true before.
Result<Plan> Calls::plan(const std::vector<Event>& events, ReadAgain readAgain) {
  Plan plan;
  plan.known_ = ports_.registry.cached();
  plan.readAgain_ = std::move(readAgain);
  auto wanted = countWanted(*plan.known_, events);
  if (!plan.readAgain_ || wanted > settings_.mostEvents) {
    if (auto current = ports_.registry.current()) plan.known_ = *std::move(current);
    wanted = countWanted(*plan.known_, events);
  }
  if (wanted > settings_.mostEvents) return tooManyEvents(wanted, settings_.mostEvents);
  if (wanted == 0) return plan;
  plan.events_ = Plan::wantedAmong(events, *plan.known_);
  plan.pass_.reset(new runtime::Gate::Pass(gate_.enter()));
  if (!plan.pass_->in()) return tooManyRequests(settings_.mostRequests);
  return plan;
}

// The events are committed, so what is known is good enough when Redis cannot say what is true now.
ports::SnapshotPtr Calls::snapshotAt(std::uint64_t revision, const ports::SnapshotPtr& known) const {
  if (known->revision == revision) return known;
  const auto current = ports_.registry.current();
  return current ? *current : known;
}

std::vector<CallReport> Calls::make(const Plan& plan, const AdmissionReceipt& receipt) {
  if (plan.events_.empty() && !plan.readAgain_) return {};
  const auto began = settings_.steadyNow();
  const auto registry = snapshotAt(receipt.registryRevision, plan.known_);
  std::vector<Plan::Kept> again;
  const bool hasChanged = registry != plan.known_ && plan.readAgain_;
  if (hasChanged) again = Plan::wantedAmong(plan.readAgain_(), *registry);
  const auto& wanted = hasChanged ? again : plan.events_;
  const auto isFor = [&](const auto& kept) { return isWanted(*registry, kept.event); };
  if (std::ranges::none_of(wanted, isFor)) return {};
  // An endpoint that was registered meanwhile wants an event. What there is no room for is only named.
  std::unique_ptr<runtime::Gate::Pass> late;
  if (!plan.pass_) late.reset(new runtime::Gate::Pass(gate_.enter()));
  const bool mayCall = plan.pass_ || late->in();
  Round round(settings_, ports_, registry, began);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [event, place] = wanted[i];
    round.tell(event, receipt.sequences.at(place), mayCall && i < settings_.mostEvents);
  }
  round.writeLog();
  return round.reports();
}

}  // namespace lull::synchronous
