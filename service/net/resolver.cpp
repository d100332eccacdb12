#include "resolver_loop.hpp"

#include <lull/net/resolver.hpp>

#include <algorithm>
#include <utility>

namespace lull::net {

namespace {

Resolution failed(std::string error) {
  Resolution resolution;
  resolution.error = std::move(error);
  return resolution;
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
      channel_(settings_, [this](const AresChannel::Question& question, AresChannel::Family family, Resolution answer) {
        answered(question, family, std::move(answer));
      }) {
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
    done(Resolution{{*literal}});
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
    running->second.waiters.push_back(std::move(waiter));
    return;
  }
  if (inFlight_.size() >= settings_.maxInFlight) {
    const auto until = std::min(waiter.deadline, std::chrono::steady_clock::now() + settings_.patience);
    queued_.push_back({name, std::move(waiter), until});
    return;
  }
  if (inFlight_.empty() && settings_.servers.empty()) channel_.refresh();
  if (auto known = channel_.fromHostsFile(name); !known.empty()) {
    const Resolution answer{std::move(known)};
    remember(name, answer);
    return waiter.done(answer);
  }
  auto& lookup = inFlight_[name];
  lookup.id = ++lookups_;
  lookup.waiters.push_back(std::move(waiter));
  channel_.query({name, lookup.id});
}

void Resolver::Loop::answered(const AresChannel::Question& question, AresChannel::Family family, Resolution answer) {
  const auto running = inFlight_.find(question.name);
  if (running == inFlight_.end() || running->second.id != question.id) return answeredLate(question.name, answer);
  auto& lookup = running->second;
  auto& own = family == AresChannel::Family::V4 ? lookup.v4 : lookup.v6;
  const auto& other = family == AresChannel::Family::V4 ? lookup.v6 : lookup.v4;
  own = std::move(answer);
  if (other) return finish(question.name);
  if (!own->addresses.empty()) lookup.goOnAt = std::chrono::steady_clock::now() + settings_.otherFamily;
}

void Resolver::Loop::answeredLate(const std::string& name, const Resolution& answer) {
  auto shared = shared_.lock();
  const auto cached = shared->cache.find(name);
  if (cached == shared->cache.end() || cached->second.answer.complete) return;
  auto& known = cached->second.answer;
  known.addresses.insert(known.addresses.end(), answer.addresses.begin(), answer.addresses.end());
  known.complete = true;
}

void Resolver::Loop::finish(const std::string& name) {
  const auto lookup = inFlight_.extract(name);
  const auto& [id, waiters, v4, v6, goOnAt] = lookup.mapped();
  Resolution answer;
  answer.complete = v4 && v6;
  for (const auto* family : {&v6, &v4}) {
    if (!*family) continue;
    const auto& found = (*family)->addresses;
    answer.addresses.insert(answer.addresses.end(), found.begin(), found.end());
  }
  if (answer.addresses.empty()) answer.error = v4 ? v4->error : v6->error;
  remember(name, answer);
  for (const auto& waiter : waiters) waiter.done(answer);
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
  std::vector<std::string> goOn;
  auto next = expireQueued(now);
  const auto noLaterThan = [&next](SteadyTime time) { next = next ? std::min(*next, time) : time; };
  for (auto& [name, lookup] : inFlight_) {
    if (lookup.goOnAt && *lookup.goOnAt <= now) {
      goOn.push_back(name);
      continue;
    }
    if (lookup.goOnAt) noLaterThan(*lookup.goOnAt);
    auto& waiters = lookup.waiters;
    const auto late = std::stable_partition(waiters.begin(), waiters.end(),
                                            [now](const Waiter& waiter) { return now < waiter.deadline; });
    for (auto it = late; it != waiters.end(); ++it) {
      it->done(failed("The name " + name + " did not resolve within the time-out."));
    }
    waiters.erase(late, waiters.end());
    for (const auto& waiter : waiters) noLaterThan(waiter.deadline);
  }
  for (const auto& name : goOn) finish(name);
  return next;
}

/// The names at the front of the queue have waited longest.
std::optional<Resolver::Loop::SteadyTime> Resolver::Loop::expireQueued(SteadyTime now) {
  auto waiting = std::exchange(queued_, {});
  for (auto& queued : waiting) {
    if (queued.until > now) {
      begin(queued.name, std::move(queued.waiter));  // goes to the end of the queue when there is no room
      continue;
    }
    auto answer = failed("Too many names are being resolved at this moment.");
    answer.exhausted = true;
    queued.waiter.done(std::move(answer));
  }
  std::optional<SteadyTime> next;
  for (const auto& queued : queued_) next = next ? std::min(*next, queued.until) : queued.until;
  return next;
}

void Resolver::Loop::shutDown() {
  shared_.lock()->stopped = true;
  takeIn();
  channel_.close();  // ends all running queries, which answers their callers
  for (auto& queued : std::exchange(queued_, {})) {
    queued.waiter.done(failed("The name " + queued.name + " was not resolved because Lull is stopping."));
  }
}

}  // namespace lull::net
