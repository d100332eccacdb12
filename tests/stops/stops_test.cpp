#include "stops/round.hpp"

#include <lull/runtime/log.hpp>
#include <lull/runtime/log_writer.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace lull::stops {
namespace {

using std::chrono::milliseconds;

constexpr int kAtOnce = 5;

int roundsWanted() {
  const char* const text = std::getenv("LULL_STOP_ROUNDS");
  return text != nullptr ? std::stoi(text) : 10;
}

/// A pipe that nobody reads, filled to the brim.
class FullPipe {
 public:
  FullPipe() {
    EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
    const int flags = ::fcntl(ends_[1], F_GETFL);
    ::fcntl(ends_[1], F_SETFL, flags | O_NONBLOCK);
    const std::string page(4096, 'x');
    while (::write(ends_[1], page.data(), page.size()) > 0) {
    }
    ::fcntl(ends_[1], F_SETFL, flags);  // whoever writes now would wait for ever
  }
  ~FullPipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;
  int writingEnd() const { return ends_[1]; }

 private:
  int ends_[2] = {-1, -1};
};

/// Log lines of everything, into a pipe that is full. Else none.
class LogSetting {
 public:
  explicit LogSetting(bool full) {
    runtime::configureLogging(
        {runtime::LogFormat::Json, {{"Default", full ? runtime::LogLevel::Trace : runtime::LogLevel::None}}});
    if (!full) return;
    pipe_.emplace();
    writer_.emplace(pipe_->writingEnd());
  }
  ~LogSetting() { runtime::configureLogging({runtime::LogFormat::Json, {{"Default", runtime::LogLevel::None}}}); }
  LogSetting(const LogSetting&) = delete;
  LogSetting& operator=(const LogSetting&) = delete;

 private:
  std::optional<FullPipe> pipe_;
  std::optional<runtime::LogWriter> writer_;
};

class Stops : public ::testing::TestWithParam<std::tuple<Sender, Situation>> {};

/// Runs `act` for each of them at the same time; what it throws fails the test.
template <class Act>
void atOnce(std::vector<std::unique_ptr<Round>>& rounds, Act act) {
  std::vector<std::future<void>> running;
  for (auto& round : rounds) running.push_back(std::async(std::launch::async, [&] { act(*round); }));
  for (auto& one : running) {
    try {
      one.get();
    } catch (const std::exception& failure) {
      ADD_FAILURE() << failure.what();
    }
  }
}

TEST_P(Stops, EndInTimeAndLeaveNothingBehind) {
  const auto [sender, situation] = GetParam();
  const LogSetting logging(situation == Situation::StdoutFull);
  Surroundings around(sender, situation);
  std::atomic<milliseconds::rep> longest{0};
  const int rounds = roundsWanted();
  for (int first = 0; first < rounds && !HasFailure(); first += kAtOnce) {
    std::vector<std::unique_ptr<Round>> batch;
    for (int i = first; i < std::min(first + kAtOnce, rounds); ++i) batch.push_back(std::make_unique<Round>(around, i));
    atOnce(batch, [](Round& round) { round.begin(); });
    if (HasFailure()) break;
    if (situation == Situation::RedisAway) around.redis.pause();
    atOnce(batch, [&](Round& round) {
      const auto took = round.stop();
      EXPECT_LE(took, Round::kDeadline + milliseconds(1000));
      auto seen = longest.load();
      while (seen < took.count() && !longest.compare_exchange_weak(seen, took.count())) {
      }
    });
    if (situation == Situation::RedisAway) {
      around.redis.resume();
    } else {
      atOnce(batch, [](Round& round) { EXPECT_EQ(round.unsettled(), 0U); });
    }
  }
  RecordProperty("rounds", rounds);
  std::printf("%s %s: %d rounds, the longest stop %ld ms\n", nameOf(sender).c_str(), nameOf(situation).c_str(), rounds,
              static_cast<long>(longest.load()));
}

std::string caseName(const ::testing::TestParamInfo<Stops::ParamType>& info) {
  return nameOf(std::get<0>(info.param)) + nameOf(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(All, Stops,
                         ::testing::Combine(::testing::Values(Sender::Fake, Sender::CppRest, Sender::Present),
                                            ::testing::Values(Situation::Connect, Situation::Head, Situation::Body,
                                                              Situation::Resolving, Situation::RedisAway,
                                                              Situation::ClientDoesNotRead, Situation::StdoutFull)),
                         caseName);

}  // namespace
}  // namespace lull::stops
