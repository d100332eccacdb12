#include "model/subject.hpp"

#include <lull/redis/keys.hpp>

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

redis::QueueCaps capsOf(const Rules& rules) {
  return {rules.maxQueued, rules.maxQueuedBytes};
}

redis::ShardSettings shardOf(redis::Address address, int database) {
  redis::ShardSettings settings;
  address.database = database;
  settings.pool.address = std::move(address);
  settings.keyPrefix = kPrefix;
  return settings;
}

}  // namespace

Adapters::Adapters(const Process& process, const Process& lagging, const Rules& rules)
    : clock(process.clock),
      laggingClock(lagging.clock),
      registry(process.shard),
      admission(process.shard, admissionOf(rules), [](const ports::DueNote&) {}),
      laggingAdmission(lagging.shard, admissionOf(rules), [](const ports::DueNote&) {}),
      windows(process.shard, {Millis{rules.firstRetryDelay}, Millis{rules.maxWait}}, sign,
              [](const ports::DueNote&) {}),
      stream(process.shard, capsOf(rules), Millis{rules.probe}, rules.fanMessages),
      queue(process.shard, queueOf(rules), sign),
      queueView(process.shard, registry, [] {}),
      letters(process.shard, registry, Millis{rules.firstRetryDelay}, capsOf(rules), [] {}),
      stats(process.shard, registry),
      admitting_([this] { admission.run(); }),
      admittingLate_([this] { laggingAdmission.run(); }) {}

Adapters::~Adapters() {
  admission.stop();
  laggingAdmission.stop();
  admitting_.join();
  admittingLate_.join();
}

Subject::Subject(redis::Address address, int database)
    : shard_(shardOf(address, database), clock_, meter_),
      laggingShard_(shardOf(address, database), laggingClock_, meter_) {
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
  clock_.startOver();
  laggingClock_.startOver();
  if (auto flushed = shard_.call({"FLUSHDB"}); !flushed) throw std::runtime_error(flushed.error().message);
  attach();
  return *(adapters_ =
               std::make_unique<Adapters>(Process{shard_, clock_}, Process{laggingShard_, laggingClock_}, rules));
}

// As if what is stored came from an earlier run of the server. Any connection that is opened later finds the real run
// id.
void Subject::restart() {
  auto marked = shard_.call({"HSET", redis::Keys(kPrefix).meta(), "run", "an earlier one"});
  if (!marked) throw std::runtime_error(marked.error().message);
  attach();
}

void Subject::attach() {
  // The numbers start at 0, as the reference counts.
  const redis::Keys keys(kPrefix);
  auto attached = shard_.run("attach", {keys.meta(), keys.counters(), keys.aside()},
                             {std::to_string(redis::Shard::kSchema), runId_, shard_.epoch(), "0"});
  if (!attached) throw std::runtime_error(attached.error().message);
}

}  // namespace lull::model
