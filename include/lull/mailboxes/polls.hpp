#pragma once

#include <lull/domain/result.hpp>
#include <lull/ports/mailboxes.hpp>
#include <lull/runtime/signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace lull::mailboxes {

/// The calls of clients that wait for a message of their mailbox. Each is an entry here and nothing else: it holds no
/// thread and no connection to the store. One thread runs run(). It looks into the mailboxes that got something, and
/// into those whose calls time out; and once a second it asks the store what it was not told of, because notices may be
/// lost. Thread-safe.
class Polls {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// What the call is answered. Without `next` nothing came in time.
  using Answer = std::function<void(Result<ports::Glance>)>;

  struct Settings {
    std::size_t most = 10'000;  ///< open calls (Mailboxes:MaxWaiting)
    std::function<Time()> now = std::chrono::steady_clock::now;
  };

  Polls(ports::MailboxLooks& looks, ports::MailboxNews& news, Settings settings);

  /// One call from open() to its answer. Dropping it ends the call unanswered, which is what becomes of a call whose
  /// client has gone. Used by one thread at a time; Polls outlives it.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept : polls_(std::exchange(other.polls_, nullptr)), number_(other.number_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (polls_ != nullptr) polls_->leave(number_);
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    friend class Polls;
    Ticket(Polls& polls, std::uint64_t number) : polls_(&polls), number_(number) {}

    Polls* polls_;
    const std::uint64_t number_;
  };

  /// A call is opened before its caller looks into the mailbox, so that nothing that arrives between that look and
  /// wait() goes unnoticed. Nothing is returned when as many calls are open as may be.
  std::optional<Ticket> open(const EndpointId& id);

  /// Lets an open call wait, once. `count` is how many messages its caller saw. `answer` is called once, unless the
  /// ticket is dropped before; on the thread of run(), or that of stop(), or after a stop before wait() returns. It
  /// must not block, and may just be running when the ticket is dropped.
  void wait(const Ticket& ticket, std::chrono::milliseconds timeout, std::uint64_t count, Answer answer);

  /// The mailbox has an unlocked message, or was removed. Never blocks on the store.
  void stirred(const EndpointId& id);
  /// Notices were lost: any mailbox may have got something.
  void stirredAll();

  std::size_t waiting() const;
  std::size_t waitingFor(const EndpointId& id) const;

  void run();
  /// One turn of run(). Returns how long to rest unless something stirs.
  std::chrono::nanoseconds turn();
  /// Answers all calls as timed out at once, and all that wait later; run() returns.
  void stop();

 private:
  struct Call {
    EndpointId mailbox;
    Answer answer{};  ///< none: the call is open, and does not wait yet
    Time until{};
    std::uint64_t count = 0;
    bool stirred = false;  ///< its mailbox was, since it was opened
  };
  /// Calls that have ended, with what they are answered; called without the lock.
  using Answers = std::vector<std::pair<Answer, Result<ports::Glance>>>;

  void leave(std::uint64_t number);
  // These need mutex_.
  void remove(std::map<std::uint64_t, Call>::iterator call);
  std::vector<EndpointId> toLookAt(Time now);
  void settle(const EndpointId& id, const Result<ports::Glance>& found, Time now, Answers& answers);
  void askForNews(Time now);

  ports::MailboxLooks& looks_;
  ports::MailboxNews& news_;
  const Settings settings_;
  runtime::Signal wake_;
  std::uint64_t mark_ = 0;  // used by turn() only, as the next two
  Time nextNews_{};
  bool failed_ = false;  // the store did not answer a look of this turn
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Call> calls_;  // protected by mutex_, as all below
  std::map<EndpointId, std::set<std::uint64_t>> boxes_;
  std::set<std::pair<Time, std::uint64_t>> deadlines_;  // of the calls that wait
  std::set<EndpointId> stirred_;
  std::uint64_t last_ = 0;
  bool stopped_ = false;
};

}  // namespace lull::mailboxes
