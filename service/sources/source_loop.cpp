#include <lull/sources/source_loop.hpp>

#include <string>
#include <utility>

namespace lull::sources {

namespace {

// Well within the lease, and what a run that was asked for at another replica waits for at most.
constexpr auto kTakeEvery = std::chrono::milliseconds(250);
// No step takes so long: statements of databases have a time-out, and so has the store.
constexpr auto kLongestStep = std::chrono::minutes(3);

}  // namespace

SourceLoop::SourceLoop(ports::SourceWork& store, std::vector<LeasedLoop*> loops, std::function<Ticks()> ticks)
    : store_(store), loops_(std::move(loops)), ticks_(std::move(ticks)) {}

void SourceLoop::run() {
  while (!stopping_) {
    turn();
    if (!stopping_) wake_.wait(kTakeEvery);
  }
  std::vector<std::string> names;
  for (const auto* loop : loops_) names.push_back(loop->name());
  for (auto* loop : loops_) loop->letGo();
  // When it fails, the leases end by themselves.
  (void)store_.release(names);
}

void SourceLoop::stop() {
  stopping_ = true;
  wake_.notify();
}

void SourceLoop::turn() {
  const auto now = ticks_();
  std::vector<LeasedLoop*> able;
  std::vector<std::string> names;
  for (auto* loop : loops_) {
    const auto since = loop->busySince();
    if (since && now - *since > kLongestStep) {
      loop->giveUp(kLongestStep);
      continue;
    }
    able.push_back(loop);
    names.push_back(loop->name());
  }
  const auto turns = store_.take(names);
  if (!turns) return;  // the leases that the loops know of end by themselves
  for (std::size_t i = 0; i < able.size() && i < turns->size(); ++i) {
    const auto& [ours, asked] = (*turns)[i];
    if (ours) {
      able[i]->hold(now + ports::kSourceLease, asked);
    } else {
      able[i]->letGo();
    }
  }
}

}  // namespace lull::sources
