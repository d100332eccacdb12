#include "model/driver.hpp"
#include "model/goals.hpp"
#include "support/redis_server.hpp"

#include <lull/runtime/log.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

namespace lull::model {
namespace {

constexpr std::size_t kSteps = 40;
// How often each operation has to meet each state of a lane.
constexpr std::uint64_t kLeastMeetings = 2;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// What is instrumented is the adapters, and they see every cell of the table several times in this many; the state
// machine itself runs in redis-server, which is the same in every build.
constexpr std::uint64_t kDefaultSequences = 6'000;
#else
constexpr std::uint64_t kDefaultSequences = 20'000;
#endif

std::uint64_t fromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

struct Sequence {
  std::uint32_t seed = 0;
  std::vector<Step> steps;
};

// One sequence of twenty is about an endpoint that turns.
bool turns(std::uint32_t seed) {
  return seed % 20 == 1;
}

// Every other sequence first goes to a cell of a coverage table, each in turn; the rest is left to chance.
bool hasGoal(std::uint32_t seed) {
  return seed % 2 == 0 || turns(seed);
}

// Two of five sequences are about endpoints that take every event.
constexpr std::uint32_t kCycle = 10;
bool hasLanes(std::uint32_t seed) {
  return seed % kCycle < 4;
}

const LaneGoal& laneGoalOf(std::uint32_t seed) {
  return allLaneGoals()[(seed / kCycle * 2 + seed % kCycle / 2) % allLaneGoals().size()];
}

const Goal& goalOf(std::uint32_t seed) {
  return allGoals()[(seed / kCycle * 3 + (seed % kCycle - 4) / 2) % allGoals().size()];
}

Mixture mixtureOf(std::uint32_t seed) {
  Random random(seed);
  auto mixture = drawMixture(random, hasLanes(seed));
  mixture.hasGoal = hasGoal(seed);
  if (mixture.hasGoal) {
    mixture.rules.breakerFailures = 1;
    mixture.rules.maxAge = Rules{}.maxAge;
    mixture.rules.maxLetters = Rules{}.maxLetters;
    mixture.keys = std::max<std::size_t>(mixture.keys, 2);
  }
  if (hasGoal(seed) && hasLanes(seed)) {
    const auto& goal = laneGoalOf(seed);
    mixture.kind = turns(seed) ? Kind::Debounced : goal.kind;
    mixture.stop = !turns(seed) && stops(goal);
    mixture.rules.maxQueued = Rules{}.maxQueued;
    mixture.rules.maxQueuedBytes = Rules{}.maxQueuedBytes;
    mixture.rules.fanMessages = Rules{}.fanMessages;
  }
  return mixture;
}

std::vector<Step> plannedFor(std::uint32_t seed, Random& random) {
  if (turns(seed)) return stepsToTurn(random);
  if (!hasGoal(seed)) return {};
  return hasLanes(seed) ? stepsTo(laneGoalOf(seed), random) : stepsTo(goalOf(seed), random);
}

// Runs a given list of steps; what went wrong, if anything.
std::optional<std::string> replay(Subject& subject, const Sequence& sequence) {
  AllCoverage unused;
  try {
    Driver driver(subject, mixtureOf(sequence.seed), sequence.seed, unused);
    for (const auto& step : sequence.steps) driver.apply(step);
    driver.compareViews();
    driver.drain();
  } catch (const ModelFailure& failure) {
    return failure.what();
  }
  return std::nullopt;
}

// Draws steps until 40 of them did something.
std::optional<std::string> explore(Subject& subject, Sequence& sequence, AllCoverage& coverage) {
  Random random(~sequence.seed);
  const auto mixture = mixtureOf(sequence.seed);
  try {
    Driver driver(subject, mixture, sequence.seed, coverage);
    const auto planned = plannedFor(sequence.seed, random);
    while (sequence.steps.size() < kSteps) {
      Step step{drawOp(mixture, random), static_cast<std::uint32_t>(random())};
      if (sequence.steps.size() < planned.size()) step = planned[sequence.steps.size()];
      sequence.steps.push_back(step);
      if (driver.apply(step)) continue;
      if (step.focus >= 0) throw ModelFailure("a planned step had nothing to do: the plan does not lead to its goal");
      sequence.steps.pop_back();
    }
    if (sequence.seed % 16 == 0) driver.compareViews();
    if (sequence.seed % 8 < 2) driver.drain();  // of those with a goal, and of the others
    coverage.filters.add(driver.verdicts());
  } catch (const ModelFailure& failure) {
    return failure.what();
  }
  return std::nullopt;
}

// Takes steps out for as long as it still fails.
std::string shrink(Subject& subject, Sequence& sequence, std::string failure) {
  for (bool shrunk = true; shrunk;) {
    shrunk = false;
    for (std::size_t at = sequence.steps.size(); at-- > 0;) {
      Sequence shorter = sequence;
      shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(at));
      auto still = replay(subject, shorter);
      if (!still) continue;
      sequence = std::move(shorter);
      failure = *std::move(still);
      shrunk = true;
    }
  }
  return failure;
}

std::string report(const Sequence& sequence, const std::string& failure) {
  std::string text = "seed " + std::to_string(sequence.seed) + " (LULL_MODEL_SEED): " + failure + "\nsteps:";
  for (const auto& step : sequence.steps)
    text += "\n  " + std::string(nameOf(step.op)) + " " + std::to_string(step.seed) +
            (step.focus < 0 ? "" : " on key " + std::to_string(step.focus));
  return text;
}

/// Shared by the workers.
struct Exploration {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  AllCoverage coverage;  // protected by mutex
  std::string failure;   // protected by mutex
};

void work(Exploration& run, const redis::Address& address, int worker, std::uint64_t first, std::uint64_t sequences) {
  Subject subject(address, worker);
  AllCoverage coverage;
  while (!run.failed) {
    const auto index = run.next++;
    if (index >= sequences) break;
    Sequence sequence{static_cast<std::uint32_t>(first + index), {}};
    auto failure = explore(subject, sequence, coverage);
    if (!failure) continue;
    run.failed = true;
    const std::lock_guard guard(run.mutex);
    run.failure = "after " + std::to_string(index + 1) + " sequences, " +
                  report(sequence, shrink(subject, sequence, *std::move(failure)));
  }
  const std::lock_guard guard(run.mutex);
  run.coverage.debounced.add(coverage.debounced);
  run.coverage.lanes.add(coverage.lanes);
  run.coverage.turns.add(coverage.turns);
  run.coverage.filters.add(coverage.filters);
}

TEST(StateMachineModel, TheScriptsDoWhatTheReferenceDoesInEveryRandomSequence) {
  runtime::configureLogging({runtime::LogFormat::Json, {{"Default", runtime::LogLevel::None}}});
  const auto sequences = fromEnvironment("LULL_MODEL_SEQUENCES", kDefaultSequences);
  const auto first = fromEnvironment("LULL_MODEL_SEED", 1);
  const auto workers = fromEnvironment("LULL_MODEL_WORKERS", 2);
  // Nothing is restarted, so nothing is written down; and nobody reads the latencies.
  testing::RedisServer server({"--appendonly", "no", "--latency-tracking", "no"});
  Exploration run;
  const auto started = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::uint64_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([&, worker] { work(run, server.address(), static_cast<int>(worker), first, sequences); });
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  ASSERT_TRUE(run.failure.empty()) << run.failure;
  std::cout << sequences << " sequences of " << kSteps << " steps in " << took.count() << " s\n"
            << run.coverage.debounced.table() << run.coverage.lanes.table() << run.coverage.turns.table()
            << run.coverage.filters.table();
  std::string holes;
  for (const auto& hole : run.coverage.debounced.holes()) holes += "\n  " + hole;
  for (const auto& hole : run.coverage.lanes.holes(kLeastMeetings)) holes += "\n  " + hole;
  for (const auto& hole : run.coverage.turns.holes(kLeastMeetings)) holes += "\n  " + hole;
  for (const auto& hole : run.coverage.filters.holes(kLeastMeetings)) holes += "\n  " + hole;
  // Fewer sequences are for a quick look: they do not go to every cell.
  if (sequences >= kCycle * std::max(allGoals().size() / 3, allLaneGoals().size() * kLeastMeetings / 2 + 1)) {
    EXPECT_TRUE(holes.empty()) << "met too rarely:" << holes;
  }
}

}  // namespace
}  // namespace lull::model
