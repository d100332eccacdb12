#include "support/fixed_sign.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"
#include "support/redis_server.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/server_clock.hpp>
#include <lull/redis/shard.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace lull::redis {
namespace {

namespace fs = std::filesystem;

/// A Redis whose append-only file loses its end when the power fails.
class LostTail : public ::testing::Test {
 protected:
  using Numbers = std::map<std::string, std::uint64_t>;

  ~LostTail() override { fs::remove_all(kept_); }

  /// What a process that starts now does first: it attaches, and asks for the time.
  Numbers startProcess() {
    testing::ManualClock clock;
    testing::NoMeter meter;
    ShardSettings settings;
    settings.pool.address = server_.address();
    Shard shard(settings, clock, meter);
    ServerClock time;
    EXPECT_TRUE(time.sample(shard));
    Numbers numbers;
    for (const auto* name : {"seq", "rev", "token", "letter"}) {
      numbers[name] = std::stoull(shard.call({"HGET", Keys("lull").meta(), name}).value().text);
    }
    return numbers;
  }
  void restart() { server_.restart(); }
  void noteWhatIsOnDisk() {
    server_.kill9();
    fs::copy(files(), kept_, fs::copy_options::recursive);
    server_.restart();
  }
  void powerCut() {
    server_.kill9();
    fs::remove_all(files());
    fs::copy(kept_, files(), fs::copy_options::recursive);
    server_.restart();
  }

  testing::RedisServer server_;

 private:
  fs::path files() const { return server_.directory() / "appendonlydir"; }

  fs::path kept_ = server_.directory().string() + "-kept";
};

TEST_F(LostTail, NumbersThatAJumpGaveAreNotGivenAgainWhenTheJumpItselfIsLost) {
  constexpr std::uint64_t kMostIssued = 1000;  // in the milliseconds between two restarts of this test
  const auto begun = startProcess();
  noteWhatIsOnDisk();
  auto before = startProcess();
  for (const auto& [name, number] : before) EXPECT_GE(number, begun.at(name) + 10'000'000) << name;
  for (int cut = 1; cut <= 3; ++cut) {
    powerCut();
    const auto after = startProcess();
    for (const auto& [name, number] : after)
      EXPECT_GT(number, before.at(name) + kMostIssued) << name << ", cut " << cut;
    before = after;
  }
}

}  // namespace
}  // namespace lull::redis
