#include <lull/api/metrics.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lull::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// From a local receiver to the longest time-out.
const std::vector<double> kDurationBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                           1,     2.5,    5,     10,   15,    30,   60,  120};
// From an idle system to a receiver that was down for a day.
const std::vector<double> kLagBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                      0.5,   1,      5,     30,   300,   3600, 86400};

double secondsOf(Millis span) {
  return static_cast<double>(span.count()) / 1000.0;
}

MetricFamily fleetFamily(std::string name, const std::string& help, MetricType type) {
  return {std::move(name), help + " Kept in Redis and equal on every replica: take max, not sum.", type, {}};
}

void addSample(MetricFamily& family, double value, const std::string& label = "", const std::string& labelValue = "") {
  ClientMetric metric;
  if (!label.empty()) metric.label.push_back({label, labelValue});
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

struct FleetRow {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t value;
};

std::vector<MetricFamily> fleetFamilies(const ports::FleetCounters& fleet) {
  const auto counter = MetricType::Counter;
  const auto gauge = MetricType::Gauge;
  const auto rows = std::to_array<FleetRow>({
      {"lull_fleet_events_accepted_total", "Events admitted.", counter, fleet.eventsAccepted},
      {"lull_fleet_events_coalesced_total", "Admitted events that joined an open window.", counter,
       fleet.eventsCoalesced},
      {"lull_fleet_notifications_created_total", "Notifications put into queues.", counter, fleet.created},
      {"lull_fleet_notifications_revived_total", "Dead letters made due again.", counter, fleet.revived},
      {"lull_fleet_notifications_delivered_total", "Notifications answered as success.", counter, fleet.delivered},
      {"lull_fleet_notifications_dropped_total",
       "Events that an endpoint with delivery every missed, because it had as many notifications queued as it may "
       "have.",
       counter, fleet.dropped},
      {"lull_fleet_notifications_superseded_total", "Notifications merged into a newer one.", counter,
       fleet.superseded},
      {"lull_fleet_notifications_dead_lettered_total", "Notifications that became dead letters.", counter,
       fleet.deadLettered},
      {"lull_fleet_notifications_cancelled_total", "Notifications cancelled by an operator's change.", counter,
       fleet.cancelled},
      {"lull_fleet_notifications_pending", "Notifications waiting, leased or standing behind a leased one.", gauge,
       fleet.pending},
      {"lull_fleet_windows_open", "Open debounce windows.", gauge, fleet.windowsOpen},
      {"lull_fleet_mailboxes", "Mailboxes.", gauge, fleet.mailboxes},
      {"lull_fleet_mailbox_messages", "Messages in mailboxes, locked ones included.", gauge, fleet.mailboxDepth},
      {"lull_fleet_dead_letters", "Dead letters kept.", gauge, fleet.deadLetters},
      {"lull_fleet_unreadable_total", "Stored values that could not be read and were set aside: see GET /alerts.",
       counter, fleet.unreadable},
  });
  std::vector<MetricFamily> families;
  for (const auto& row : rows) {
    families.push_back(fleetFamily(row.name, row.help, row.type));
    addSample(families.back(), static_cast<double>(row.value));
  }
  families.push_back(fleetFamily("lull_fleet_oldest_due_age_seconds",
                                 "Age of the oldest due window or sendable notification.", gauge));
  addSample(families.back(), secondsOf(fleet.oldestDueAge));
  families.push_back(
      fleetFamily("lull_fleet_mailbox_oldest_age_seconds",
                  "Since the event of the oldest message in a mailbox was accepted; 0 when there is none.", gauge));
  addSample(families.back(), secondsOf(fleet.mailboxOldestAge));
  families.push_back(fleetFamily("lull_fleet_dead_letters_removed_total", "Dead letters removed, by reason.", counter));
  // All series exist from the start, so that rate() sees the first removal.
  std::map<std::string, std::uint64_t> removed{{"expired", 0}, {"purged", 0}, {"retried", 0}, {"unreadable", 0}};
  for (const auto& [reason, count] : fleet.deadLettersRemoved) removed[reason] = count;
  for (const auto& [reason, count] : removed) {
    addSample(families.back(), static_cast<double>(count), "reason", reason);
  }
  return families;
}

/// One series for each source of the settings; nothing without sources.
std::vector<MetricFamily> sourceFamilies(const std::vector<ports::SourceStatus>& sources) {
  std::vector<MetricFamily> families;
  if (sources.empty()) return families;
  const auto add = [&](const char* name, const char* help, MetricType type, const auto& valueOf) {
    families.push_back(fleetFamily(name, help, type));
    for (const auto& source : sources) addSample(families.back(), valueOf(source), "source", source.name);
  };
  const auto counter = MetricType::Counter;
  const auto gauge = MetricType::Gauge;
  using Source = const ports::SourceStatus&;
  add("lull_fleet_source_admitted_total",
      "Rows and messages taken from a source because their events were admitted, then or before.", counter,
      [](Source source) { return static_cast<double>(source.admitted); });
  add("lull_fleet_source_failures_total", "Runs of a source that ended with an error.", counter,
      [](Source source) { return static_cast<double>(source.failures); });
  add("lull_fleet_source_set_aside_total", "Rows and messages of a source that are no events.", counter,
      [](Source source) { return static_cast<double>(source.setAside); });
  add("lull_fleet_source_failing", "1 while the last run of a source ended with an error.", gauge,
      [](Source source) { return source.state == ports::SourceState::Failing ? 1.0 : 0.0; });
  add("lull_fleet_source_lag_seconds",
      "How long the oldest row or message that was seen waits; 0 also when nobody knows.", gauge,
      [](Source source) { return secondsOf(source.lag.value_or(Millis{0})); });
  return families;
}

/// What both ways to a broker of the settings come to.
struct BrokerSums {
  std::size_t used = 0;  ///< ways that endpoints want
  std::size_t connected = 0;
  std::size_t trouble = 0;
  std::uint64_t inFlight = 0;
  std::uint64_t confirmed = 0;
};

std::map<std::string, BrokerSums> sumsOf(const std::vector<ports::BrokerStatus>& brokers) {
  std::map<std::string, BrokerSums> sums;
  for (const auto& broker : brokers) {
    if (!broker.inSettings) continue;  // the values of a label are few
    auto& sum = sums[broker.name];
    if (!broker.endpoints.empty()) ++sum.used;
    if (broker.link.state == ports::BrokerState::Connected) ++sum.connected;
    if (ports::isTrouble(broker.link.state)) ++sum.trouble;
    sum.inFlight += broker.link.inFlight;
    sum.confirmed += broker.link.confirmed;
  }
  return sums;
}

/// One series for each broker of the settings; nothing without brokers.
std::vector<MetricFamily> brokerFamilies(const std::vector<ports::BrokerStatus>& brokers) {
  const auto sums = sumsOf(brokers);
  std::vector<MetricFamily> families;
  if (sums.empty()) return families;
  const auto add = [&](const char* name, const std::string& help, MetricType type, const auto& valueOf) {
    families.push_back({name, help + " Of this process: take sum.", type, {}});
    for (const auto& [broker, sum] : sums)
      addSample(families.back(), static_cast<double>(valueOf(sum)), "broker", broker);
  };
  using Sums = const BrokerSums&;
  add("lull_broker_connected", "1 while a broker is connected and takes messages.", MetricType::Gauge,
      [](Sums sum) { return sum.used > 0 && sum.connected == sum.used ? 1 : 0; });
  add("lull_broker_away", "1 while endpoints wait because a broker is away, takes nothing, or cannot be spoken to.",
      MetricType::Gauge, [](Sums sum) { return sum.trouble > 0 ? 1 : 0; });
  add("lull_broker_in_flight", "Messages on their way to a broker, not confirmed yet.", MetricType::Gauge,
      [](Sums sum) { return sum.inFlight; });
  add("lull_broker_confirmed_total", "Messages that a broker has confirmed.", MetricType::Counter,
      [](Sums sum) { return sum.confirmed; });
  return families;
}

template <class Metric>
prometheus::Family<Metric>& family(prometheus::detail::Builder<Metric> builder, const char* name,
                                   const std::string& help, prometheus::Registry& into) {
  return builder.Name(name).Help(help + " Of this process: take sum.").Register(into);
}

}  // namespace

struct Metrics::Families {
  explicit Families(const std::string& version) {
    prometheus::BuildGauge()
        .Name("lull_build_info")
        .Help("The version of this process; always 1.")
        .Register(registry)
        .Add({{"version", version}})
        .Set(1);
    for (std::size_t i = 0; i < kOutcomeWords.size(); ++i) {
      attempts[i] = &attemptFamily.Add({{"outcome", std::string(kOutcomeWords[i])}});
    }
  }

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& attemptFamily =
      family(prometheus::BuildCounter(), "lull_attempts_total", "Delivery attempts by outcome.", registry);
  std::array<prometheus::Counter*, kOutcomeWords.size()> attempts{};
  prometheus::Histogram& durations =
      family(prometheus::BuildHistogram(), "lull_attempt_duration_seconds", "Duration of delivery attempts.", registry)
          .Add({}, kDurationBuckets);
  prometheus::Histogram& lags = family(prometheus::BuildHistogram(), "lull_delivery_lag_seconds",
                                       "From a window's due time to success.", registry)
                                    .Add({}, kLagBuckets);
  prometheus::Gauge& inFlight =
      family(prometheus::BuildGauge(), "lull_in_flight", "Delivery attempts running now.", registry).Add({});
  prometheus::Counter& reclaimed =
      family(prometheus::BuildCounter(), "lull_leases_reclaimed_total",
             "Leases taken over: expired, or of a process that gave no sign of life.", registry)
          .Add({});
  prometheus::Counter& claimsInVain = family(prometheus::BuildCounter(), "lull_claims_in_vain_total",
                                             "Calls that asked endpoints for notifications and got none.", registry)
                                          .Add({});
  prometheus::Counter& redisErrors =
      family(prometheus::BuildCounter(), "lull_redis_errors_total", "Failed calls to Redis.", registry).Add({});
  prometheus::Gauge& fleetOffset = offset("lull_clock_offset_seconds", "The fleet's time");
  prometheus::Gauge& serverOffset = offset("lull_clock_server_offset_seconds", "The Redis server's clock");

  prometheus::Gauge& offset(const char* name, const std::string& what) {
    return prometheus::BuildGauge()
        .Name(name)
        .Help(what + " less the clock of this process's host.")
        .Register(registry)
        .Add({});
  }
  prometheus::Counter& threadsMissing =
      family(prometheus::BuildCounter(), "lull_threads_missing_total",
             "Times the system gave no thread for a connection of a client, which then waited or was turned away.",
             registry)
          .Add({});
};

Metrics::Metrics(const std::string& version) : families_(std::make_unique<Families>(version)) {}
Metrics::~Metrics() = default;

void Metrics::attempt(std::string_view outcome, Millis duration) {
  const auto place = std::ranges::find(kOutcomeWords, outcome) - kOutcomeWords.begin();
  families_->attempts.at(static_cast<std::size_t>(place))->Increment();
  if (outcome != outcomeWord(Outcome::Released, PausedReason::None)) families_->durations.Observe(secondsOf(duration));
}

void Metrics::deliveryLag(Millis lag) {
  families_->lags.Observe(secondsOf(lag));
}

void Metrics::inFlight(std::int64_t attempts) {
  families_->inFlight.Set(static_cast<double>(attempts));
}

void Metrics::leasesReclaimed(std::uint64_t leases) {
  families_->reclaimed.Increment(static_cast<double>(leases));
}

void Metrics::claimInVain() {
  families_->claimsInVain.Increment();
}

void Metrics::redisError() {
  families_->redisErrors.Increment();
}

void Metrics::clockOffset(Millis fleet, Millis server) {
  families_->fleetOffset.Set(secondsOf(fleet));
  families_->serverOffset.Set(secondsOf(server));
}

void Metrics::threadMissing() {
  families_->threadsMissing.Increment();
}

std::string Metrics::text(const Result<ports::FleetCounters>& fleet, const std::vector<ports::SourceStatus>& sources,
                          const Elsewhere& elsewhere) const {
  auto families = families_->registry.Collect();
  families.push_back({"lull_log_lines_lost_total",
                      "Log lines dropped because nobody read standard output. Of this process: take sum.",
                      MetricType::Counter,
                      {}});
  addSample(families.back(), static_cast<double>(elsewhere.logLinesLost));
  families.push_back({"lull_mailbox_polls_waiting",
                      "Calls of clients that wait for a message of their mailbox. Of this process: take sum.",
                      MetricType::Gauge,
                      {}});
  addSample(families.back(), static_cast<double>(elsewhere.pollsWaiting));
  auto ofBrokers = brokerFamilies(elsewhere.brokers);
  std::ranges::move(ofBrokers, std::back_inserter(families));
  if (fleet) {
    auto ofFleet = fleetFamilies(*fleet);
    families.insert(families.begin(), std::make_move_iterator(ofFleet.begin()), std::make_move_iterator(ofFleet.end()));
    auto ofSources = sourceFamilies(sources);
    std::ranges::move(ofSources, std::back_inserter(families));
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace lull::api
