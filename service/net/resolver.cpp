#include "resolver_loop.hpp"

#include <lull/net/resolver.hpp>

#include <algorithm>
#include <utility>

namespace lull::net {

namespace {

Resolution failed(std::string error) {
  return Resolution{{}, std::move(error)};
}

}  // namespace

Resolver::Resolver(ResolverSettings settings) : loop_(std::make_unique<Loop>(std::move(settings))) {}
Resolver::~Resolver() = default;

void Resolver::resolve(const std::string& name, Millis deadline, Callback done) {
  loop_->resolve(name, deadline, std::move(done));
}

void Resolver::defer(std::function<void()> task) {
  loop_->defer(std::move(task));
}

void Resolver::stop() {
  loop_->stop();
}

Resolver::Loop::Loop(ResolverSettings settings)
    : settings_(std::move(settings)),
      channel_(settings_, [this](const std::string& name, Resolution answer) { answered(name, std::move(answer)); }) {
  threads_.start({"resolver", [this] { run(); },
                  [this] {
                    stopping_.store(true);
                    wake_.raise();
                  }});
}

Resolver::Loop::~Loop() {
  stop();
}

void Resolver::Loop::resolve(const std::string& name, Millis deadline, NameResolver::Callback done) {
  if (const auto literal = IpAddress::parse(name)) {
    done(Resolution{{*literal}, {}});
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  std::optional<Resolution> known;
  {
    auto shared = shared_.lock();
    const auto cached = shared->cache.find(name);
    if (cached != shared->cache.end() && now < cached->second.until) {
      known = cached->second.answer;
    } else if (shared->stopped) {
      known = failed("The name " + name + " was not resolved because Lull is stopping.");
    } else {
      shared->lookups.emplace_back(name, Waiter{now + deadline, std::move(done)});
    }
  }
  if (known) {
    done(*std::move(known));
  } else {
    wake_.raise();
  }
}

void Resolver::Loop::defer(std::function<void()> task) {
  {
    auto shared = shared_.lock();
    if (!shared->stopped) {
      shared->tasks.push_back(std::move(task));
      task = nullptr;
    }
  }
  if (task) {
    task();
  } else {
    wake_.raise();
  }
}

void Resolver::Loop::run() {
  constexpr std::chrono::milliseconds kLongest{60'000};
  while (!stopping_.load()) {
    takeIn();
    const auto now = std::chrono::steady_clock::now();
    const auto next = expire(now);
    const auto most = next ? std::chrono::ceil<std::chrono::milliseconds>(*next - now) : kLongest;
    channel_.poll(wake_.fd(), std::clamp(most, std::chrono::milliseconds{0}, kLongest));
    wake_.clear();
  }
  shutDown();
}

void Resolver::Loop::takeIn() {
  std::vector<std::pair<std::string, Waiter>> lookups;
  std::vector<std::function<void()>> tasks;
  {
    auto shared = shared_.lock();
    lookups.swap(shared->lookups);
    tasks.swap(shared->tasks);
  }
  for (const auto& task : tasks) task();
  for (auto& [name, waiter] : lookups) begin(name, std::move(waiter));
}

void Resolver::Loop::begin(const std::string& name, Waiter waiter) {
  if (const auto running = inFlight_.find(name); running != inFlight_.end()) {
    running->second.push_back(std::move(waiter));
    return;
  }
  if (inFlight_.size() >= settings_.maxInFlight) {
    waiter.done(failed("Too many names are being resolved at this moment."));
    return;
  }
  if (inFlight_.empty() && settings_.servers.empty()) channel_.refresh();
  inFlight_[name].push_back(std::move(waiter));
  channel_.query(name);
}

void Resolver::Loop::answered(const std::string& name, Resolution answer) {
  remember(name, answer);
  auto waiting = inFlight_.extract(name);
  if (waiting.empty()) return;
  for (auto& waiter : waiting.mapped()) waiter.done(answer);
}

void Resolver::Loop::remember(const std::string& name, const Resolution& answer) {
  const auto now = std::chrono::steady_clock::now();
  auto shared = shared_.lock();
  auto& cache = shared->cache;
  if (cache.size() >= settings_.maxCached) {
    std::erase_if(cache, [now](const auto& entry) { return entry.second.until <= now; });
  }
  if (cache.size() >= settings_.maxCached) cache.erase(cache.begin());
  cache[name] = Cached{answer, now + (answer.addresses.empty() ? settings_.negativeTtl : settings_.positiveTtl)};
}

std::optional<Resolver::Loop::SteadyTime> Resolver::Loop::expire(SteadyTime now) {
  std::optional<SteadyTime> next;
  for (auto& [name, waiters] : inFlight_) {
    const auto late = std::stable_partition(waiters.begin(), waiters.end(),
                                            [now](const Waiter& waiter) { return now < waiter.deadline; });
    for (auto it = late; it != waiters.end(); ++it) {
      it->done(failed("The name " + name + " did not resolve within the time-out."));
    }
    waiters.erase(late, waiters.end());
    for (const auto& waiter : waiters) next = next ? std::min(*next, waiter.deadline) : waiter.deadline;
  }
  return next;
}

void Resolver::Loop::shutDown() {
  shared_.lock()->stopped = true;
  takeIn();
  channel_.close();  // answers everybody who waits
}

}  // namespace lull::net
