#include "model/subject.hpp"

#include "keys.hpp"

#include <stdexcept>

namespace lull::model {

namespace {

constexpr std::string_view kPrefix = "model";

redis::AdmissionSettings admissionOf(const Rules& rules) {
  redis::AdmissionSettings settings;
  settings.interval = Millis{rules.interval};
  settings.maxWait = Millis{rules.maxWait};
  settings.idempotencyWindow = Millis{rules.idempotencyWindow};
  settings.batch = 3;  // so that a request of several events spans script calls
  return settings;
}

redis::QueueSettings queueOf(const Rules& rules) {
  redis::QueueSettings settings;
  settings.maxAge = Millis{rules.maxAge};
  settings.firstRetryDelay = Millis{rules.firstRetryDelay};
  settings.breakerFailures = rules.breakerFailures;
  settings.probe = Millis{rules.probe};
  settings.maxProbe = Millis{rules.maxProbe};
  settings.maxDeadLetters = rules.maxLetters;
  return settings;
}

redis::StoreSettings storeOf(redis::Address address, int database) {
  redis::StoreSettings settings;
  address.database = database;
  settings.pool.address = std::move(address);
  settings.keyPrefix = kPrefix;
  return settings;
}

}  // namespace

Adapters::Adapters(redis::Store& store, const Rules& rules)
    : registry(store, clock),
      admission(store, clock, admissionOf(rules), [](Instant) {}),
      laggingAdmission(store, laggingClock, admissionOf(rules), [](Instant) {}),
      windows(store, clock, Millis{rules.firstRetryDelay}, [](Instant) {}),
      queue(store, queueOf(rules)),
      queueView(store, clock, registry, [] {}),
      letters(store, clock, registry, Millis{rules.firstRetryDelay}, [] {}),
      stats(store, clock, registry),
      admitting_([this] { admission.run(); }),
      admittingLate_([this] { laggingAdmission.run(); }) {}

Adapters::~Adapters() {
  admission.stop();
  laggingAdmission.stop();
  admitting_.join();
  admittingLate_.join();
}

Subject::Subject(redis::Address address, int database) : store_(storeOf(address, database), meter_) {
  address.database = database;
  auto opened = redis::Connection::open(address, Millis{5000});
  if (!opened) throw std::runtime_error(opened.error().message);
  connection_ = std::move(opened).value();
  observer_.emplace(*connection_, std::string(kPrefix));
  const auto info = connection_->call({"INFO", "server"}).value().text;
  constexpr std::string_view kName = "run_id:";
  constexpr std::size_t kDigits = 40;
  runId_ = info.substr(info.find(kName) + kName.size(), kDigits);
}

Adapters& Subject::begin(const Rules& rules) {
  adapters_.reset();
  if (auto flushed = store_.call({"FLUSHDB"}); !flushed) throw std::runtime_error(flushed.error().message);
  attach();
  return *(adapters_ = std::make_unique<Adapters>(store_, rules));
}

// As if what is stored came from an earlier run of the server. Any connection that is opened later finds the real run
// id.
void Subject::restart() {
  auto marked = store_.call({"HSET", redis::Keys(kPrefix).meta(), "run", "an earlier one"});
  if (!marked) throw std::runtime_error(marked.error().message);
  attach();
}

void Subject::attach() {
  // The numbers start at 0, as the reference counts.
  const redis::Keys keys(kPrefix);
  auto attached =
      store_.run("attach", {keys.meta(), keys.counters(), keys.aside()}, {"1", runId_, store_.epoch(), "0"});
  if (!attached) throw std::runtime_error(attached.error().message);
}

}  // namespace lull::model
