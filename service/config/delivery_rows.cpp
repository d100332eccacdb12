#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Millis kShortest{100};
constexpr const char* kStatusForm = "codes 100-599 or classes such as 2xx";

}  // namespace

std::vector<KeyRow> deliveryRows() {
  return {
      {"Delivery:Timeout", "00:00:15", "",
       duration(put(&Settings::delivery, &DeliverySettings::timeout), kShortest, minutes{2}), Secrecy::Open,
       "Total deadline of one attempt: resolve, connect, write and read. An endpoint may have its own."},
      {"Delivery:MaxConcurrency", "256", "",
       integer(put(&Settings::delivery, &DeliverySettings::maxConcurrency), 1, 4096), Secrecy::Open,
       "Attempts in flight in one process."},
      {"Delivery:MaxConcurrencyPerEndpoint", "16", "",
       integer(put(&Settings::delivery, &DeliverySettings::maxConcurrencyPerEndpoint), 1, 1024), Secrecy::Open,
       "Attempts in flight to one endpoint. An endpoint may have its own."},
      {"Delivery:Transport", "Native", "",
       choice<TransportKind>(put(&Settings::delivery, &DeliverySettings::transport),
                             {{"Native", TransportKind::Native}, {"CppRest", TransportKind::CppRest}}),
       Secrecy::Open,
       "`CppRest` cannot hold every limit: it calls only what `Egress:AllowedNetworks` or `:AllowedHosts` names."},
      {"Delivery:SuccessStatuses", "2xx", "",
       statuses(put(&Settings::delivery, &DeliverySettings::successStatuses), "2xx, or codes 200-299", checkSuccess),
       Secrecy::Open, "Answers that count as delivered."},
      {"Delivery:PermanentStatuses", "400,405,413,414,415,422,501", "",
       statuses(put(&Settings::delivery, &DeliverySettings::permanentStatuses), kStatusForm), Secrecy::Open,
       "Answers that make a dead letter at once."},
      {"Delivery:MaxAge", "4.00:00:00", "",
       duration(put(&Settings::delivery, &DeliverySettings::maxAge), seconds{1}, days{365}), Secrecy::Open,
       "A message older than this is buried as expired; paused time does not count."},
      {"Delivery:MaxQueued", "1000000", "",
       integer(put(&Settings::delivery, &DeliverySettings::maxQueued), 0, 1'000'000'000), Secrecy::Open,
       "Messages that an endpoint with `delivery: every` may have queued, paused or not; 0: any number. At the cap it "
       "is "
       "paused (`queue-full`) and misses what comes until it is resumed."},
      {"Delivery:MaxQueuedBytes", "1073741824", "",
       integer(put(&Settings::delivery, &DeliverySettings::maxQueuedBytes), 0, std::int64_t{1} << 46), Secrecy::Open,
       "The same for the bytes of these messages; 0: any number."},
      {"Delivery:SyncDeadline", "00:00:10", "",
       duration(put(&Settings::delivery, &DeliverySettings::syncDeadline), kShortest, minutes{2}), Secrecy::Open,
       "How long all calls to endpoints with `delivery: sync` within one `POST /events` may take."},
      {"Delivery:LeaseMargin", "00:00:10", "",
       duration(put(&Settings::delivery, &DeliverySettings::leaseMargin), kShortest, minutes{10}), Secrecy::Open,
       "What a lease lasts longer than the time-out. What a process was sending when it died is taken over within "
       "seconds, else after both."},
  };
}

std::vector<KeyRow> failureRows() {
  const auto retry = [](auto member) { return put(&Settings::delivery, &DeliverySettings::retry, member); };
  const auto breaker = [](auto member) { return put(&Settings::delivery, &DeliverySettings::circuitBreaker, member); };
  return {
      {"Delivery:Retry:Schedule", "00:00:05,00:05:00,00:30:00,02:00:00,05:00:00,10:00:00,14:00:00,20:00:00,1.00:00:00",
       "",
       listOf(duration(append(&Settings::delivery, &DeliverySettings::retry, &RetrySettings::schedule), Millis{0},
                       days{30})),
       Secrecy::Open,
       "One delay per retry: N entries make N+1 attempts, none makes one. An attempt that newer changes or somebody "
       "brought forward uses up none."},
      {"Delivery:Retry:Jitter", "0.2", "", number(retry(&RetrySettings::jitter), 0, 1), Secrecy::Open,
       "Share of a delay that is drawn at random."},
      {"Delivery:Retry:MaxRetryAfter", "1.00:00:00", "",
       duration(retry(&RetrySettings::maxRetryAfter), Millis{0}, days{30}), Secrecy::Open,
       "The longest `Retry-After` that is followed; 0 follows none."},
      {"Delivery:CircuitBreaker:Failures", "5", "", integer(breaker(&CircuitBreakerSettings::failures), 0, 1000000),
       Secrecy::Open,
       "Failures in a row that open the breaker of an endpoint; 0 switches it off. Permanent statuses, and 429 or 503 "
       "with `Retry-After`, are none: that receiver lives."},
      {"Delivery:CircuitBreaker:Probe", "00:00:10", "",
       duration(breaker(&CircuitBreakerSettings::probe), kShortest, days{1}), Secrecy::Open,
       "First wait of an open breaker; doubles after every probe that fails."},
      {"Delivery:CircuitBreaker:MaxProbe", "00:05:00", "",
       duration(breaker(&CircuitBreakerSettings::maxProbe), kShortest, days{30}), Secrecy::Open,
       "Where the doubling ends; not below the first wait."},
      {"DeadLetters:Retention", "30.00:00:00", "",
       duration(put(&Settings::deadLetters, &DeadLetterSettings::retention), seconds{1}, days{3650}), Secrecy::Open,
       "A dead letter older than this is removed, and counted."},
      {"DeadLetters:MaxPerEndpoint", "100000", "",
       integer(put(&Settings::deadLetters, &DeadLetterSettings::maxPerEndpoint), 1, 10000000), Secrecy::Open,
       "At this many nothing is evicted: the endpoint pauses."},
      {"Replay:Retention", "7.00:00:00", "",
       duration(put(&Settings::replay, &ReplaySettings::retention), seconds{1}, days{365}), Secrecy::Open,
       "How long it is remembered when an item changed last; a replay reaches back no further."},
      {"Replay:MaxItems", "100000", "", integer(put(&Settings::replay, &ReplaySettings::maxItems), 1, 10000000),
       Secrecy::Open,
       "Of how many items that is remembered; those that have not changed for the longest time go first."},
  };
}

}  // namespace lull::config
