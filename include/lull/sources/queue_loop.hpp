#pragma once

#include <lull/ports/admission.hpp>
#include <lull/ports/message_queue.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/sources/leased_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lull::sources {

struct QueueSettings {
  std::string name;
  std::size_t most = 200;   ///< messages in a batch
  std::string whither;      ///< a sentence: where messages are that were set aside
  std::string whitherLong;  ///< the same of those that are too long to be kept
};

/// What a queue works with. All outlive the loop.
struct QueuePorts {
  ports::MessageQueue& queue;
  ports::Admission& admission;
  const ports::MessageReader& reader;
  ports::SourceWork& store;
  ports::Alerts& alerts;
};

/// Consumes one queue: takes what has arrived, admits the events, and acknowledges the messages once the events are
/// durable. A batch that cannot be admitted is kept and tried again: handing it back would use up the deliveries that
/// a quorum queue allows. What was admitted and not acknowledged comes again; its ids make it once.
class QueueLoop final : public LeasedLoop {
 public:
  QueueLoop(QueueSettings settings, QueuePorts ports, std::function<Ticks()> ticks = std::chrono::steady_clock::now);

  void run() override;
  void stop() override;
  /// Ends whatever still waits for the broker after stop().
  void cutOff() override { ports_.queue.cancel(); }
  std::chrono::nanoseconds turn() override;

 private:
  enum class Step : std::uint8_t { Again, Rest };
  /// What was taken and has not been dealt with.
  struct Batch {
    std::vector<Event> events;  ///< that have not been admitted
    std::vector<std::uint64_t> done;
    std::optional<Instant> oldest;
  };
  struct Refused {
    ports::RefusedMessage message;
    std::string name;  ///< for people
    bool tooLong;
  };

  void wake() override { ports_.queue.wake(); }
  void rest();
  Step step();
  Batch sorted(std::vector<ports::QueueMessage> messages);
  Result<Event> eventOf(const ports::QueueMessage& message) const;
  Step finish();
  Status setAside(ports::SourceNote& note);
  void tellOfRefused(const std::vector<Refused>& aside);
  void forget();
  Step fail(const std::string& sentence, std::size_t admitted = 0);
  void noteEmpty();

  const QueueSettings settings_;
  QueuePorts ports_;
  const std::string scope_;  ///< of the ids of its messages

  // Of the thread of run():
  std::optional<Batch> batch_;
  std::vector<Refused> refused_;  ///< that have not been set aside; they hold up nothing else
  bool inUse_ = false;            ///< the queue may have a connection
  Ticks due_{};                   ///< when the next step is made, after one that failed
  std::uint64_t answered_ = 0;    ///< how many of those who asked got their run
  bool toldEmpty_ = false;        ///< the queue has been empty since that was noted
  std::string trouble_;           ///< the last messages that were set aside, until new ones come to an empty queue
  std::string failure_;           ///< what was last told of a failure that goes on
  runtime::LoopBackoff backoff_;
  Ticks asideDue_{};          ///< when they are next tried to be set aside
  std::string asideFailure_;  ///< what was last told of why they cannot be
  runtime::LoopBackoff asideBackoff_;
};

}  // namespace lull::sources
