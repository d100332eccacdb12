#include <lull/runtime/log.hpp>
#include <lull/sources/leased_loop.hpp>

#include <utility>

namespace lull::sources {

LeasedLoop::LeasedLoop(std::string name, Words words, ports::SourceWork& store, ports::Alerts& alerts,
                       std::function<Ticks()> ticks)
    : name_(std::move(name)), words_(std::move(words)), store_(store), alerts_(alerts), ticks_(std::move(ticks)) {}

void LeasedLoop::hold(Ticks until, std::uint64_t asked) {
  bool news = false;
  {
    std::lock_guard guard(mutex_);
    news = ticks_() >= heldUntil_ || asked != asked_;
    heldUntil_ = until;
    asked_ = asked;
  }
  if (news) wake();
}

void LeasedLoop::letGo() {
  bool news = false;
  {
    std::lock_guard guard(mutex_);
    news = std::exchange(heldUntil_, Ticks{}) != Ticks{};
  }
  if (news) wake();
}

bool LeasedLoop::holds() const {
  std::lock_guard guard(mutex_);
  return ticks_() < heldUntil_;
}

std::optional<Ticks> LeasedLoop::busySince() const {
  std::lock_guard guard(mutex_);
  return busySince_;
}

std::uint64_t LeasedLoop::beginStep() {
  std::lock_guard guard(mutex_);
  busySince_ = ticks_();
  return asked_;
}

std::uint64_t LeasedLoop::endStep() {
  std::lock_guard guard(mutex_);
  busySince_.reset();
  return asked_;
}

void LeasedLoop::giveUp(std::chrono::minutes time) {
  {
    std::lock_guard guard(mutex_);
    if (!busySince_ || givenUp_ == busySince_) return;
    givenUp_ = busySince_;
  }
  const auto sentence = "A step has not ended for " + std::to_string(time.count()) + " minutes: " + words_.place +
                        ", the network to it or Redis hangs. Nothing more is taken until it ends, unless another "
                        "replica can go on. " +
                        words_.advice;
  raise(sentence);
  note(failureNote(sentence));
  letGo();
}

void LeasedLoop::note(const ports::SourceNote& note) {
  const auto noted = store_.note(name_, note);
  if (noted && *noted) return;
  runtime::log(runtime::LogLevel::Information, "Lull.Sources", "what a source did could not be noted",
               {{"source", name_},
                {"reason", noted ? "another process works for it" : noted.error().message},
                {"admitted", note.admitted}});
}

ports::SourceNote failureNote(const std::string& sentence) {
  ports::SourceNote failed;
  failed.state = ports::SourceState::Failing;
  failed.ended = true;
  failed.error = sentence;
  failed.failures = 1;
  return failed;
}

}  // namespace lull::sources
