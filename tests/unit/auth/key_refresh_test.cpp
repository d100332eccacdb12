// When keys are fetched: once for any number of askers, not too often, and never so that an outage locks anybody out.
#include "../../../service/auth/key_set.hpp"
#include "../../../service/auth/refresh_plan.hpp"
#include "fakes/tokens.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lull::auth::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RefreshPlan, FetchesAtTheStartThenEveryPeriod) {
  const RefreshPlan::Time start{};
  RefreshPlan plan({}, start);
  EXPECT_EQ(plan.next(), start);
  plan.begin(start);
  plan.succeeded(start + 1s);
  EXPECT_EQ(plan.next(), start + 1s + 5min);
}

TEST(RefreshPlan, GrantsAFetchOutOfTurnEveryTenSeconds) {
  const RefreshPlan::Time start{};
  RefreshPlan plan({}, start);
  plan.begin(start);
  plan.succeeded(start);
  for (const auto at : {0ms, 1ms, 9'999ms}) EXPECT_FALSE(plan.ask(start + at)) << at.count();
  EXPECT_EQ(plan.next(), start + 5min);
  EXPECT_TRUE(plan.ask(start + 10s));
  EXPECT_EQ(plan.next(), start + 10s);
  plan.begin(start + 10s);
  EXPECT_FALSE(plan.ask(start + 11s));
}

TEST(RefreshPlan, TriesAgainSoonAfterAFailureAndThenLessOften) {
  RefreshPlan::Time now{};
  RefreshPlan plan({}, now);
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 6; ++i) {
    plan.begin(now);
    plan.failed(now);
    pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(plan.next() - now));
    now = plan.next();
  }
  EXPECT_THAT(pauses, ElementsAre(1s, 2s, 4s, 8s, 10s, 10s));
  plan.succeeded(now);
  plan.failed(now);
  EXPECT_EQ(plan.next(), now + 1s);
}

/// Answers every get() with what the test says; may hold the answers back.
class FakeDocuments final : public ports::KeyDocuments {
 public:
  Result<std::string> get(const std::string& url) override {
    std::unique_lock lock(mutex_);
    urls_.push_back(url);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_ || stopped_; });
    const auto found = answers_.find(url);
    if (stopped_ || found == answers_.end()) return Error{ErrorCode::Unavailable, "GET: no answer came."};
    return found->second;
  }
  void stop() override {
    const std::lock_guard guard(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  void answer(const std::string& url, const std::string& body) {
    const std::lock_guard guard(mutex_);
    answers_[url] = body;
  }
  void fail() {
    const std::lock_guard guard(mutex_);
    answers_.clear();
  }
  void hold(bool held) {
    const std::lock_guard guard(mutex_);
    open_ = !held;
    changed_.notify_all();
  }
  /// Waits until `count` calls have begun; false after 10 s.
  bool awaitCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return urls_.size() >= count; });
  }
  std::vector<std::string> urls() {
    const std::lock_guard guard(mutex_);
    return urls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> urls_;
  std::map<std::string, std::string> answers_;
  bool open_ = true;
  bool stopped_ = false;
};

/// Keeps copies of what was written.
class RecordingJournal final : public KeyJournal {
 public:
  void keys(const KeyLine& line) override {
    const std::lock_guard guard(mutex_);
    lines_.push_back(line.failure.empty()
                         ? std::to_string(line.count) + " keys"
                         : std::string(line.cached ? "cached: " : "none: ") + std::string(line.failure));
  }
  std::vector<std::string> keyLines() const {
    const std::lock_guard guard(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class KeyRefresh : public ::testing::Test {
 protected:
  ~KeyRefresh() override {
    if (!keys) return;
    keys->stop();
    thread.join();
  }

  void start(const KeyTimes& times, const KeySource& source = {"", kUrl, ""}) {
    keys = std::make_unique<FetchedKeys>(source, documents, journal, times);
    thread = std::thread([this] { keys->run(); });
  }

  static std::string idsOf(const std::shared_ptr<const KeySet>& set) {
    if (!set) return "none";
    std::string ids;
    for (const auto& entry : set->entries) ids += entry.id;
    return ids;
  }
  void publish(const std::string& kid) { documents.answer(kUrl, keySetText({ecKey().jwk(kid)})); }

  /// Asks again until the set is that one: a fetch out of turn may not be granted at once.
  std::string eventually(const std::string& ids) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    auto set = keys->current();
    while (idsOf(set) != ids && std::chrono::steady_clock::now() < deadline) {
      set = set ? keys->newerThan(set) : keys->current();
      std::this_thread::yield();
    }
    return idsOf(set);
  }

  static constexpr const char* kUrl = "https://id.example.com/jwks";
  FakeDocuments documents;
  RecordingJournal journal;
  std::unique_ptr<FetchedKeys> keys;
  std::thread thread;
};

TEST_F(KeyRefresh, AStormOfUnknownKeysIsOneFetch) {
  publish("a");
  KeyTimes times;
  times.leastGap = 0ms;
  times.patience = 10s;
  start(times);
  const auto first = keys->current();
  ASSERT_EQ(idsOf(first), "a");

  documents.hold(true);
  std::vector<std::thread> askers;
  std::atomic<int> newer{0};
  for (int i = 0; i < 24; ++i) {
    askers.emplace_back([&] {
      if (idsOf(keys->newerThan(first)) == "ab") ++newer;
    });
  }
  EXPECT_TRUE(documents.awaitCalls(2));
  documents.answer(kUrl, keySetText({ecKey().jwk("a"), rsaKey().jwk("b")}));
  documents.hold(false);
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(newer, 24);
  EXPECT_EQ(documents.urls().size(), 2U);
}

TEST_F(KeyRefresh, MadeUpKeysDoNotPressTheIssuer) {
  publish("a");
  start({});  // ten seconds between two
  const auto first = keys->current();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(keys->newerThan(first), first);
  EXPECT_EQ(documents.urls().size(), 1U);
}

TEST_F(KeyRefresh, ANewKeyIsFoundAndARemovedOneForgotten) {
  publish("a");
  KeyTimes times;
  times.leastGap = 1ms;
  start(times);
  EXPECT_EQ(eventually("a"), "a");
  publish("b");
  EXPECT_EQ(eventually("b"), "b");
}

TEST_F(KeyRefresh, TheLastKeyIsForgottenWhenItsIssuerWithdrawsIt) {
  publish("a");
  KeyTimes times;
  times.leastGap = 1ms;
  times.firstRetry = 1ms;
  start(times);
  ASSERT_EQ(eventually("a"), "a");
  documents.answer(kUrl, R"({"keys":[]})");
  EXPECT_EQ(eventually(""), "");
  const auto asked = documents.urls().size();
  EXPECT_TRUE(documents.awaitCalls(asked + 3)) << "it is asked again soon";
  EXPECT_THAT(journal.keyLines(), ElementsAre("1 keys", HasSubstr("no RS256 or ES256 key")));
  publish("b");
  EXPECT_EQ(eventually("b"), "b");
}

TEST_F(KeyRefresh, OldKeysStayInForceWhileTheIssuerIsAway) {
  publish("a");
  KeyTimes times;
  times.leastGap = 1ms;
  times.firstRetry = 1ms;
  start(times);
  const auto first = keys->current();
  documents.fail();
  while (documents.urls().size() < 2) EXPECT_EQ(keys->newerThan(first), first);
  EXPECT_TRUE(documents.awaitCalls(20)) << "it goes on trying";
  EXPECT_EQ(idsOf(keys->current()), "a");
  documents.answer(kUrl, "<html>a page of a proxy</html>");
  EXPECT_TRUE(documents.awaitCalls(documents.urls().size() + 3));
  EXPECT_EQ(idsOf(keys->current()), "a");
  publish("b");
  EXPECT_EQ(eventually("b"), "b");
  EXPECT_THAT(journal.keyLines(), ElementsAre("1 keys", HasSubstr("cached: "), "1 keys")) << "not a line per attempt";
}

TEST_F(KeyRefresh, TheFirstRequestWaitsForTheFirstFetchButNotForEver) {
  documents.hold(true);
  KeyTimes times;
  times.patience = 50ms;
  start(times);
  EXPECT_EQ(keys->current(), nullptr);
  publish("a");
  documents.hold(false);
  EXPECT_EQ(eventually("a"), "a");
}

TEST_F(KeyRefresh, AnIssuerThatIsDownAtTheStartIsTriedUntilItIsUp) {
  KeyTimes times;
  times.firstRetry = 1ms;
  start(times);
  ASSERT_TRUE(documents.awaitCalls(3));
  EXPECT_EQ(keys->current(), nullptr);
  publish("a");
  EXPECT_EQ(eventually("a"), "a");
  EXPECT_THAT(journal.keyLines(), ElementsAre(HasSubstr("none: "), "1 keys"));
}

TEST_F(KeyRefresh, MoreThanAFewRequestsDoNotWait) {
  documents.hold(true);
  KeyTimes times;
  times.waiters = 0;
  times.patience = 1h;
  start(times);
  EXPECT_EQ(keys->current(), nullptr);  // else the test would not end
}

TEST_F(KeyRefresh, DiscoveryLeadsToTheKeysAndTheIssuer) {
  const std::string authority = "https://id.example.com/realms/x";
  documents.answer(authority + "/.well-known/openid-configuration",
                   R"({"issuer":"https://id.example.com/realms/x","jwks_uri":"https://id.example.com/jwks"})");
  publish("a");
  start({}, {authority + "/", "", ""});
  const auto set = keys->current();
  ASSERT_EQ(idsOf(set), "a");
  EXPECT_EQ(set->issuer, authority);
  EXPECT_THAT(documents.urls(), ElementsAre(authority + "/.well-known/openid-configuration", kUrl));
}

TEST_F(KeyRefresh, StoppingEndsAFetchThatHangs) {
  documents.hold(true);
  start({});
  ASSERT_TRUE(documents.awaitCalls(1));
  keys->stop();
  thread.join();
  keys.reset();
}

}  // namespace
}  // namespace lull::auth::testing
