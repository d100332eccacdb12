#include "fuzz.hpp"
#include "net/idle_pool.hpp"

#include <memory>
#include <string>
#include <vector>

namespace {

using lull::net::IdlePool;
using lull::net::IpAddress;

/// A connection of the world outside: in the pool, handed out, or closed; never two of these at once.
class World final : public lull::net::Poolable {
 public:
  World(std::string origin, IpAddress address) : origin_(std::move(origin)), address_(address) {}
  const std::string& origin() const override { return origin_; }
  const IpAddress& address() const override { return address_; }
  bool isSilent() override { return silent; }
  void close() override {
    lull::fuzz::require(!closed, "a connection is closed once");
    closed = true;
  }
  bool silent = true;
  bool closed = false;
  bool pooled = false;

 private:
  const std::string origin_;
  const IpAddress address_;
};

constexpr std::size_t kAll = 6;
constexpr std::size_t kPerOrigin = 3;

void check(const IdlePool& pool, const std::vector<std::shared_ptr<World>>& world) {
  std::size_t open = 0;
  std::size_t ofFirst = 0;
  for (const auto& each : world) {
    if (!each->pooled || each->closed) continue;
    ++open;
    if (each->origin() == "0") ++ofFirst;
  }
  lull::fuzz::require(open == pool.size(), "what is neither closed nor handed out is kept");
  lull::fuzz::require(open <= kAll && ofFirst <= kPerOrigin, "the limits hold");
}

}  // namespace

/// Anything that can happen to the pool, in any order.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  fuzz::Input input(data, size);
  IdlePool pool({.all = kAll, .perOrigin = kPerOrigin, .age = std::chrono::milliseconds(50)});
  IdlePool::Time now{};
  std::vector<std::shared_ptr<World>> world;
  const auto addressOf = [](unsigned n) { return IpAddress::v4(0xC0000200U + n % 3); };
  constexpr std::size_t kMostSteps = 200;
  for (std::size_t step = 0; step < kMostSteps && !input.rest().empty(); ++step) {
    const auto what = input.byte();
    const auto which = input.byte();
    switch (what % 6) {
      case 0: {
        auto made = std::make_shared<World>(std::to_string(which % 3), addressOf(which / 3));
        made->pooled = true;
        world.push_back(made);
        pool.put(made, now);
        break;
      }
      case 1: {
        const auto origin = std::to_string(which % 3);
        const auto taken = std::static_pointer_cast<World>(pool.take(origin, {addressOf(which / 3)}));
        if (!taken) break;
        fuzz::require(taken->silent && !taken->closed && taken->pooled, "only a silent open one is handed out, once");
        fuzz::require(taken->origin() == origin && taken->address() == addressOf(which / 3),
                      "of that origin and address");
        taken->pooled = false;
        break;
      }
      case 2:
        if (!world.empty()) world[which % world.size()]->silent = false;
        break;
      case 3:
        if (!world.empty()) pool.drop(*world[which % world.size()]);
        break;
      case 4:
        now += std::chrono::milliseconds(which % 64);
        if (const auto next = pool.expire(now)) fuzz::require(*next > now, "the next one to expire is in the future");
        break;
      default:
        pool.dropOldest();
        break;
    }
    check(pool, world);
  }
  return 0;
}
