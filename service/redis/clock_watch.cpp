#include <lull/redis/clock_watch.hpp>
#include <lull/runtime/log.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace lull::redis {

namespace {

constexpr Millis kOff{5000};
// A clock counts as right again only well below the limit, so that a clock at the limit does not raise one alert after
// the other.
constexpr Millis kGoodAgain{2500};

std::string apart(Millis distance) {
  const auto whole = std::chrono::round<std::chrono::seconds>(std::chrono::abs(distance));
  return formatTimeSpan(whole) + (distance > Millis{0} ? " ahead of" : " behind");
}

std::string ofServer(const ClockReading& reading) {
  const auto begin = "The clock of the Redis server is " + apart(reading.server) + " this host's. ";
  if (reading.unconfirmed) {
    return begin +
           "It went on by more than an hour while no Lull ran. Nothing expires or is removed for its age yet, but when "
           "the step has stood for 10 minutes the fleet's time follows it. Set the clock right (NTP) before that.";
  }
  return begin + "The fleet's time does not leap with it but closes in by at most 5 %. Set both clocks right (NTP).";
}

std::string ofFleet(const ClockReading& reading) {
  const auto begin = "The fleet's time is " + apart(reading.fleet) + " this host's clock. ";
  if (reading.unconfirmed) {
    return begin +
           "The Redis server's clock went on by more than an hour while no Lull ran. If that was so, nothing is wrong: "
           "when it has stood for 10 minutes the fleet's time follows, and nothing expires or is removed for its age "
           "before. If not, set the server's clock right (NTP) before that.";
  }
  return begin +
         "The clock of the Redis server or of this host was set. Windows, retries and ages go on evenly by the fleet's "
         "time, which closes in on the server's by at most 5 %; signatures carry this host's clock. Set both clocks "
         "right (NTP).";
}

void over(std::string_view which) {
  runtime::log(runtime::LogLevel::Information, "Lull.Clock", "a clock that was off agrees with this host's again",
               {{"clock", which}});
}

}  // namespace

bool ClockWatch::Episode::begins(Millis distance) {
  if (off || std::chrono::abs(distance) <= kOff) return false;
  off = true;
  return true;
}

bool ClockWatch::Episode::ends(Millis distance) {
  if (!off || std::chrono::abs(distance) > kGoodAgain) return false;
  off = false;
  return true;
}

void ClockWatch::tell(std::string which, std::string sentence) {
  if (alerts_ != nullptr) {
    alerts_->raise(ports::AlertKind::Clock, std::move(which), std::move(sentence));
  } else {
    runtime::log(runtime::LogLevel::Warning, "Lull.Clock", sentence, {{"clock", which}});
  }
}

void ClockWatch::look(const ClockReading& reading) {
  meter_.clockOffset(reading.fleet, reading.server);
  if (server_.begins(reading.server)) tell("server", ofServer(reading));
  if (fleet_.begins(reading.fleet)) tell("fleet", ofFleet(reading));
  if (server_.ends(reading.server)) over("server");
  if (fleet_.ends(reading.fleet)) over("fleet");
}

}  // namespace lull::redis
