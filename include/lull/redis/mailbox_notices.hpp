#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/redis/connection_pool.hpp>
#include <lull/redis/keys.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace lull::redis {

/// Hears of mailboxes that got a message or were removed: scripts publish their ids (lib/mail_notice.lua). It has one
/// connection of its own. A notice may be lost while there is no connection, and Redis promises nothing of them;
/// ports::MailboxNews tells what was missed.
class MailboxNotices {
 public:
  /// `settings` as for the shard's pool: the address, the time-out and the pauses between attempts to connect are
  /// used. `arrived` gets each id; `reconnected` is called after every beginning, the first one too, because notices
  /// may have been lost before it. Both are called on the thread of run() and must not block.
  MailboxNotices(PoolSettings settings, const Keys& keys, std::function<void(const EndpointId&)> arrived,
                 std::function<void()> reconnected);

  /// Listens until stop() is called; connects again by itself. On one thread.
  void run();
  /// Ends run() at once, or within a second while it connects to a host that does not answer. From any thread.
  void stop();

 private:
  bool connect();
  bool listen();
  bool subscribe();

  const PoolSettings settings_;
  const std::string channel_;
  const std::function<void(const EndpointId&)> arrived_;
  const std::function<void()> reconnected_;
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
  bool refused_ = false;                    // the user of Redis may not subscribe; used by run() only
  std::mutex changing_;                     // held by who changes connection_, and by stop()
  std::unique_ptr<Connection> connection_;  // null: none
};

}  // namespace lull::redis
