#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/server_clock.hpp>
#include <lull/redis/take_over.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

// The first answer is late by the duration of its call, so a call that took long is made again, a few times.
constexpr int kFirstCalls = 5;
constexpr std::int64_t kShortCall = 5'000;  // µs
// A step of the clock shows in one call, a boot-time clock that runs too fast in every call.
constexpr int kGainsToDistrust = 3;
constexpr std::int64_t kSecond = 1'000'000;  // µs
// Both clocks are read in whole milliseconds.
constexpr std::int64_t kRounding = 2;

std::int64_t millisIn(std::int64_t micros) {
  return micros / 1000;
}

}  // namespace

std::int64_t ServerClock::Carried::at(std::int64_t boot) const {
  const auto share = std::clamp<std::int64_t>(boot - since, 0, kSecond);
  return boot + offset + slew * share / kSecond;
}

/// An answer of clock.lua, with the boot-time clock of this host in µs before and after the call. The answer was true
/// at some moment between the two.
struct ServerClock::Answer {
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t fleet = 0;   // ms
  std::int64_t server = 0;  // ms
  std::int64_t slewed = 0;  // ms
  bool unconfirmed = false;
  std::string sign;
  bool held = false;
  std::int64_t nextLapse = -1;  // ms; -1: none
  std::vector<std::string> gone;
};

ServerClock::Answer ServerClock::answerIn(const Reply& reply) {
  const ReplyItems items(reply);
  Answer answer;
  answer.fleet = items.integer(0);
  answer.server = items.integer(1);
  answer.slewed = items.integer(2);
  answer.unconfirmed = items.integer(3) == 1;
  answer.sign = items.text(4);
  answer.held = items.integer(5) == 1;
  answer.nextLapse = items.integer(6);
  for (std::size_t i = 7; i < items.size(); ++i) answer.gone.push_back(items.text(i));
  return answer;
}

std::vector<std::string> ServerClock::question(std::int64_t before) const {
  const auto boot = millisIn(before);
  std::vector<std::string> asked{sources_.server(), sources_.bootId, std::to_string(boot),
                                 gains_ >= kGainsToDistrust ? "server" : "boot"};
  if (!told_) {
    asked.resize(7);
    return withSign(std::move(asked));
  }
  // Reckons from that moment in such a way that adding the time since then gives what this clock shows now, so that
  // rounding errors do not add up.
  const auto then = millisIn(carried_.lock()->at(before)) - (boot - told_->boot);
  asked.insert(asked.end(), {std::to_string(then), std::to_string(told_->server), std::to_string(told_->boot)});
  return withSign(std::move(asked));
}

std::vector<std::string> ServerClock::withSign(std::vector<std::string> asked) const {
  for (auto& word : sign_.question()) asked.push_back(std::move(word));
  return asked;
}

Result<ClockReading> ServerClock::sample(Shard& shard) {
  if (told_) return ask(shard);
  auto reading = ask(shard);
  for (int calls = 1; reading && calls < kFirstCalls && took_ > kShortCall; ++calls) {
    told_.reset();
    reading = ask(shard);
  }
  return reading;
}

Result<ClockReading> ServerClock::ask(Shard& shard) {
  const auto before = sources_.boot().count();
  const auto reply = shard.run("clock", {shard.keys().meta(), shard.keys().signs()}, question(before));
  if (!reply) return reply.error();
  auto read = readReply("The answer of the fleet's clock", [&] { return answerIn(*reply); });
  if (!read) return read.error();
  auto& answer = *read;
  answer.before = before;
  answer.after = sources_.boot().count();
  took_ = answer.after - answer.before;
  carryOn(answer);
  judgePace(answer);
  told_ = Told{answer.server, millisIn(answer.after)};
  auto reading = readingOf(answer);
  reading.signs = signsIn(std::move(answer));
  return reading;
}

// The fleet's time in the answer, in whole milliseconds and without the correction that begins now, was true at some
// moment of the call. The time that this process goes by is changed only as far as needed to agree with that. So an
// answer that was held up changes nothing, and the first one is late rather than early; of several answers the least
// late one counts. For the same reason no correction is made when the server may have agreed with us at some moment of
// the call.
void ServerClock::carryOn(const Answer& answer) {
  auto carried = carried_.lock();
  if (!told_) {
    const auto offset = answer.fleet * 1000 - answer.after;
    carried->offset = carried->offset == 0 ? offset : std::max(carried->offset, offset);
    return;
  }
  const auto offset = carried->at(answer.before) - answer.before;
  const bool agrees =
      answer.server * 1000 + 999 >= offset + answer.before && answer.server * 1000 <= offset + answer.after;
  const auto fleet = (answer.fleet - answer.slewed) * 1000;
  carried->offset = std::clamp(offset, fleet - answer.after, fleet + 999 - answer.before);
  carried->slew = agrees ? 0 : answer.slewed * 1000;
  carried->since = answer.after;
}

// A server clock that steps back by less than the time between two calls looks the same, but only in one call.
void ServerClock::judgePace(const Answer& answer) {
  if (!told_) return;
  const auto passed = millisIn(answer.before) - told_->boot;
  const auto served = answer.server - told_->server;
  const bool gained = served >= 0 && (served + kRounding) * 20 < passed * 19;
  gains_ = gained ? std::min(gains_ + 1, kGainsToDistrust) : 0;
}

// The server's clock may have shown its time at any moment of the call.
ClockReading ServerClock::readingOf(const Answer& answer) const {
  const auto host = millisOf(sources_.host());
  const auto least = answer.server - host;
  const auto most = least + millisIn(answer.after - answer.before) + 1;
  const auto server = least > 0 ? least : std::min<std::int64_t>(most, 0);
  return {Millis{millisOf(now()) - host}, Millis{server}, answer.unconfirmed};
}

SignReading ServerClock::signsIn(Answer answer) {
  SignReading signs;
  signs.sent = std::chrono::microseconds(answer.before);
  signs.answered = std::chrono::microseconds(answer.after);
  signs.held = answer.held;
  signs.lapsed = sign_.confirm(std::move(answer.sign), signs.sent);
  if (answer.nextLapse >= 0) signs.nextLapse = Millis{answer.nextLapse};
  signs.gone = std::move(answer.gone);
  return signs;
}

void ServerClock::run(Shard& shard, ClockWatch& watch, TakeOver& takeOver) {
  while (!stopping_) {
    // A failed call changes nothing: the boot-time clock carries on, and the messages of the store say what is wrong.
    // The next one comes soon, because without a sign of life no attempt is started.
    std::chrono::nanoseconds pause = failing_.next();
    if (const auto reading = sample(shard)) {
      failing_.reset();
      watch.look(*reading);
      pause = takeOver.look(reading->signs);
    }
    wake_.wait(pause);
  }
}

void ServerClock::stop() {
  stopping_ = true;
  wake_.notify();
}

Instant ServerClock::now() const {
  auto carried = carried_.lock();
  if (carried->offset != 0) carried->latest = std::max(carried->latest, millisIn(carried->at(sources_.boot().count())));
  return instantOf(carried->latest);
}

std::chrono::nanoseconds ServerClock::realTimeUntil(Instant at) const {
  // Nanoseconds hold 292 years, and clocks have been further off.
  constexpr Millis kMost = std::chrono::hours(24);
  return std::clamp(at - now(), Millis{0}, kMost);
}

}  // namespace lull::redis
