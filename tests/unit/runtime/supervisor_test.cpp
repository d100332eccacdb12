#include <lull/runtime/signal.hpp>
#include <lull/runtime/supervisor.hpp>

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <string>

namespace lull::runtime {
namespace {

/// A loop that waits to be stopped and notes it.
struct Waiter {
  Signal wake;
  std::atomic<bool> stopping{false};
  Supervisor::Loop loop(const std::string& name, std::vector<std::string>& ends) {
    return {name,
            [this] {
              while (!stopping) wake.wait(std::chrono::hours(1));
            },
            [this, name, &ends] {
              ends.push_back(name);
              stopping = true;
              wake.notify();
            }};
  }
};

TEST(Supervisor, StopsTheLoopStartedLastFirst) {
  std::vector<std::string> ends;
  Waiter a;
  Waiter b;
  Waiter c;
  Supervisor supervisor;
  supervisor.start(a.loop("a", ends));
  supervisor.start(b.loop("b", ends));
  supervisor.start(c.loop("c", ends));
  supervisor.stop("b");
  supervisor.stop("b");
  supervisor.stopAll();
  EXPECT_EQ(ends, (std::vector<std::string>{"b", "c", "a"}));
}

TEST(Supervisor, LeavesALoopThatDoesNotEndInTimeToALaterStop) {
  Signal release;
  std::atomic<int> told{0};
  Supervisor supervisor;
  supervisor.start({"slow", [&] { release.wait(std::chrono::hours(1)); }, [&] { ++told; }});
  supervisor.stopBy("slow", Deadline::in(std::chrono::milliseconds(1)));
  EXPECT_EQ(told, 1);
  release.notify();
  supervisor.stopBy("slow", Deadline::in(std::chrono::seconds(10)));
  EXPECT_EQ(told, 3) << "told again, joined, and gone";
  supervisor.stopAll();
  EXPECT_EQ(told, 3);
}

TEST(Supervisor, NamesItsThreads) {
  std::string seen;
  Supervisor supervisor;
  supervisor.start({"lull-thread",
                    [&] {
                      char name[16] = {};
                      pthread_getname_np(pthread_self(), name, sizeof name);
                      seen = name;
                    },
                    [] {}});
  supervisor.stopAll();
  EXPECT_EQ(seen, "lull-thread");
}

TEST(Supervisor, ALoopThatThrowsIsRunAgain) {
  std::atomic<int> runs{0};
  Signal wake;
  std::atomic<bool> stopping{false};
  Supervisor supervisor;
  supervisor.start({"bad",
                    [&] {
                      if (++runs == 1) throw std::runtime_error("broken");
                      while (!stopping) wake.wait(std::chrono::hours(1));
                    },
                    [&] {
                      stopping = true;
                      wake.notify();
                    }});
  while (runs < 2) std::this_thread::yield();
  supervisor.stopAll();
  EXPECT_EQ(runs, 2);
}

TEST(Supervisor, ALoopThatAlwaysThrowsDoesNotHoldTheStop) {
  std::atomic<int> runs{0};
  Supervisor supervisor;
  supervisor.start({"bad",
                    [&] {
                      ++runs;
                      throw std::runtime_error("broken");
                    },
                    [] {}});
  while (runs == 0) std::this_thread::yield();
  supervisor.stopAll();
  EXPECT_LE(runs, 2);
}

TEST(Signal, ANotificationBeforeTheWaitIsNotLost) {
  Signal signal;
  signal.notify();
  const auto began = std::chrono::steady_clock::now();
  signal.wait(std::chrono::hours(1));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(1));
}

}  // namespace
}  // namespace lull::runtime
