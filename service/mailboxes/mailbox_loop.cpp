#include <lull/mailboxes/mailbox_loop.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>

namespace lull::mailboxes {

namespace {

// A lock holds for a second at least. So whoever looks once a second knows of the end of every lock before it comes,
// also of those that other replicas gave.
constexpr std::chrono::seconds kLookEvery{1};
constexpr Millis kForgetEvery{60'000};
constexpr Millis kForgetNoSooner{500};

}  // namespace

MailboxLoop::MailboxLoop(ports::MailboxUpkeep& mailboxes, ports::Clock& clock, Millis idleExpiry)
    : mailboxes_(mailboxes), clock_(clock), between_(std::clamp(idleExpiry / 10, kForgetNoSooner, kForgetEvery)) {}

void MailboxLoop::run() {
  const auto stop = stop_.get_token();
  while (!stop.stop_requested()) wake_.wait(turn());
}

std::chrono::nanoseconds MailboxLoop::turn() {
  const auto now = clock_.now();
  const auto next = mailboxes_.endLocks(now);
  if (now >= nextForget_) forgetIdle(now);
  // While the store is away there is nothing to be done, and the locks wait with everything else.
  if (!next || !*next) return kLookEvery;
  return std::min<std::chrono::nanoseconds>(kLookEvery, clock_.realTimeUntil(**next));
}

void MailboxLoop::forgetIdle(Instant now) {
  const auto gone = mailboxes_.forgetIdle(now);
  if (!gone) return;
  nextForget_ = now + between_;
  for (const auto& mailbox : *gone) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Mailboxes",
                 "mailbox removed with its messages: its client has not called for Mailboxes:IdleExpiry",
                 {{"endpoint", mailbox.id}, {"name", mailbox.name}, {"messages", mailbox.messages}});
  }
}

void MailboxLoop::stop() {
  stop_.request_stop();
  wake_.notify();
}

}  // namespace lull::mailboxes
