// Registrations whose names hang may not hold the threads that serve everybody.
#include <lull/net/destinations.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace lull::net {
namespace {

/// Knows one name; all others wait until giveUp(), as those of a silent name server do until the deadline.
class SilentResolver final : public NameResolver {
 public:
  void resolve(const std::string& name, Millis deadline, Callback done) override {
    if (name == "known.example") return done({{*IpAddress::parse("93.184.216.34")}});
    const std::lock_guard guard(mutex_);
    deadline_ = deadline;
    waiting_.push_back(std::move(done));
    changed_.notify_all();
  }
  void defer(std::function<void()> task) override { task(); }
  void stop() override {}

  void await(std::size_t count) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return waiting_.size() >= count; });
  }
  void giveUp() {
    for (const auto& done : waiting_) done({{}, "No answer.", false});
  }
  Millis deadline() const { return deadline_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Callback> waiting_;  // protected by mutex_, as the next one
  Millis deadline_{0};
};

TEST(Destinations, LetsSixteenWaitForNamesThatHangAndNoMore) {
  SilentResolver resolver;
  EgressRules rules;
  rules.allowedPorts = {{443, 443}};
  const auto guard = AddressGuard::create(rules).value();
  Destinations destinations(resolver, guard);
  std::vector<std::thread> waiting;
  for (int i = 0; i < 16; ++i) {
    waiting.emplace_back(
        [&, i] { EXPECT_TRUE(destinations.judge("https://h" + std::to_string(i) + ".example/").ok()); });
  }
  resolver.await(16);
  for (int i = 0; i < 700; ++i) {
    const auto refused = destinations.judge("https://late" + std::to_string(i) + ".example/");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  }
  EXPECT_TRUE(destinations.judge("https://known.example/").ok()) << "who need not wait is not kept out";
  EXPECT_EQ(resolver.deadline(), Millis{2'000});
  resolver.giveUp();
  for (auto& thread : waiting) thread.join();
}

}  // namespace
}  // namespace lull::net
