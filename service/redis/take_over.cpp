#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/take_over.hpp>
#include <lull/runtime/log.hpp>

#include <utility>

namespace lull::redis {

namespace {

// One call looks at the leases of so many endpoints, which holds Redis for about a third of a millisecond.
constexpr std::size_t kEndpointsPerCall = 100;
// Our own sign must be renewed every second.
constexpr std::chrono::milliseconds kAtOnce{500};

}  // namespace

std::chrono::nanoseconds TakeOver::look(const SignReading& reading) {
  const auto until = SteadyClock::now() + kAtOnce;
  const auto ripe = rule_.judge(reading);
  if (walk_) walk(until);
  for (const auto& sign : ripe) {
    if (walk_) break;
    walk_.emplace(Walk{sign, {}});
    walk(until);
  }
  if (walk_) return std::chrono::nanoseconds::zero();
  return rule_.pause(reading);
}

void TakeOver::freeOthers() {
  walk_.emplace();
  walk(SteadyClock::time_point::max());
}

void TakeOver::endOwnSign() {
  if (clock_.sign().lives()) (void)free(clock_.sign().member(), {}, true);
}

// A walk that fails is given up: the sign is still there, and the rule names it again.
void TakeOver::walk(SteadyClock::time_point until) {
  const auto snapshot = registry_.current();
  if (!snapshot) {
    walk_.reset();
    return;
  }
  while (walk_ && step(**snapshot)) {
    if (SteadyClock::now() >= until) return;
  }
}

// Returns whether the walk goes on.
bool TakeOver::step(const ports::RegistrySnapshot& snapshot) {
  std::vector<EndpointId> ids;
  auto next = snapshot.endpoints.upper_bound(walk_->behind);
  for (; next != snapshot.endpoints.end() && ids.size() < kEndpointsPerCall; ++next) ids.push_back(next->first);
  const bool last = next == snapshot.endpoints.end();
  const auto freed = free(walk_->sign, ids, last);
  if (!freed || freed->leases < 0) {
    walk_.reset();
    return false;
  }
  if (freed->leases > 0) onReady_();
  walk_->freed += static_cast<std::uint64_t>(freed->leases);
  walk_->sign = freed->sign;
  if (freed->endpoints > 0) walk_->behind = ids.at(freed->endpoints - 1);
  if (!last || freed->endpoints < ids.size()) return true;
  if (walk_->freed > 0) {
    const auto& sign = walk_->sign;
    runtime::log(runtime::LogLevel::Warning, "Lull.Delivery",
                 "took over leases of a process that is gone; what it was sending is sent again",
                 {{"leases", walk_->freed}, {"slot", sign.empty() ? "any" : sign.substr(0, sign.find(':'))}});
  }
  walk_.reset();
  return false;
}

Result<TakeOver::Freed> TakeOver::free(const std::string& sign, const std::vector<EndpointId>& endpoints, bool last) {
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(), names.signs(), names.wakeIndex()};
  std::vector<std::string> arguments{std::to_string(millisOf(clock_.now())), sign, clock_.sign().member(),
                                     last ? "1" : "0"};
  for (const auto& id : endpoints) {
    keys.insert(keys.end(), {names.leases(id), names.state(id)});
    arguments.push_back(id);
  }
  const auto reply = shard_.run("takeover", keys, arguments);
  if (!reply) return reply.error();
  auto freed = readReply("The answer to a take-over", [&] {
    const ReplyItems items(*reply);
    return Freed{items.integer(0), items.text(1), static_cast<std::size_t>(items.count(2))};
  });
  if (freed && freed->endpoints > endpoints.size()) {
    return Error{ErrorCode::Internal, "Redis answered takeover.lua with something else."};
  }
  return freed;
}

}  // namespace lull::redis
