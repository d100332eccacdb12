#include "connect.hpp"

#include <lull/redis/mailbox_notices.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::redis {

namespace {

constexpr Millis kLongestConnect{1000};
// After so long without a notice it looks whether the other side is still there.
constexpr Millis kQuiet{10'000};

}  // namespace

MailboxNotices::MailboxNotices(PoolSettings settings, const Keys& keys, std::function<void(const EndpointId&)> arrived,
                               std::function<void()> reconnected)
    : settings_(std::move(settings)),
      channel_(keys.mailChannel()),
      arrived_(std::move(arrived)),
      reconnected_(std::move(reconnected)) {}

void MailboxNotices::run() {
  runtime::LoopBackoff pause(settings_.firstRetryDelay, settings_.longestRetryDelay);
  while (!stopping_) {
    if (connect() && listen()) pause.reset();
    {
      const std::lock_guard guard(changing_);
      connection_.reset();
    }
    if (!stopping_) wake_.wait(pause.next());
  }
}

void MailboxNotices::stop() {
  const std::lock_guard guard(changing_);
  stopping_ = true;
  if (connection_) connection_->interrupt();
  wake_.notify();
}

// What keeps it from connecting keeps the pool from connecting, too, which says so.
bool MailboxNotices::connect() {
  auto opened = connectOnly(settings_.address, std::min(settings_.timeout, kLongestConnect));
  if (!opened) return false;
  {
    const std::lock_guard guard(changing_);
    if (stopping_) return false;
    connection_ = std::move(*opened);
  }
  return logIn(*connection_, settings_.address).ok();
}

bool MailboxNotices::subscribe() {
  const Command command{"SUBSCRIBE", channel_};
  if (const auto sent = connection_->send({&command, 1}); !sent) return false;
  const auto reply = connection_->await(settings_.timeout);
  if (!reply || !*reply) return false;
  const bool refused = (*reply)->isError();
  const bool toldAlready = std::exchange(refused_, refused);
  if (!refused) return true;
  if (toldAlready) return false;
  runtime::log(runtime::LogLevel::Warning, "Lull.Redis",
               "Redis refuses the notices about mailboxes; clients that wait hear of new messages up to a second later",
               {{"channel", channel_}, {"answer", (*reply)->text}});
  return false;
}

// Returns whether it had begun, once the connection is lost.
bool MailboxNotices::listen() {
  if (!subscribe()) return false;
  reconnected_();
  const Command ping{"PING"};
  bool asked = false;
  while (!stopping_) {
    const auto reply = connection_->await(asked ? settings_.timeout : kQuiet);
    if (!reply || (!*reply && asked)) break;
    asked = !*reply;
    if (asked && !connection_->send({&ping, 1})) break;
    if (asked) continue;
    const auto& items = (*reply)->items;
    if (items.size() == 3 && items[0].text == "message") arrived_(items[2].text);
  }
  return true;
}

}  // namespace lull::redis
