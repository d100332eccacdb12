#pragma once

#include <lull/ports/admission.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/firing_at_once.hpp>
#include <lull/redis/shard.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace lull::redis {

struct AdmissionSettings {
  Millis interval{5000};
  Millis maxWait{30000};
  Millis idempotencyWindow{86400000};
  /// The most events of one script call: so many hold Redis for about 1.5 ms. With appendfsync always each call costs
  /// an fsync.
  std::size_t batch = 200;
  std::size_t mostWaiting = 100'000;  ///< events; beyond, callers get Unavailable: a slow Redis pushes back
};

/// Group commit: concurrent requests share script calls of up to `batch` events, and two calls are in flight on one
/// connection. A caller with a request for one call that finds nobody at work makes that call by itself, which saves
/// two changes of thread when there is little to do; what came meanwhile is for the pipeline's own thread. The events
/// of a request keep their order: when a part of it is refused, the parts behind it are refused, too (admit.lua), or
/// not sent at all, and the caller gets Unavailable. admit() is thread-safe; run() has a thread of its own.
class AdmissionPipeline : public ports::Admission {
 public:
  /// Is told what is due after each commit; it must not block.
  using OnDue = std::function<void(const ports::DueNote&)>;
  AdmissionPipeline(Shard& shard, AdmissionSettings settings, OnDue onDue);
  ~AdmissionPipeline() override;

  /// Has what is due at once (AdmissionSettings::interval 0) fired in the same write as its admission, when a caller
  /// makes the call by itself. Before the first admit(); it is used until the last one has returned.
  void fireWith(FiringAtOnce& firing) { firing_ = &firing; }

  using ports::Admission::admit;
  Result<AdmissionReceipt> admit(std::vector<Event> events, std::string_view scope,
                                 std::optional<Millis> keepIds) override;

  void run();
  /// Commits the events that were handed in, then ends run(); later calls of admit() get Unavailable.
  void stop();

 private:
  struct Request;
  struct Slice;
  struct Batch;
  struct AtWork;

  std::optional<Batch> nextBatch();
  void lead();
  struct Led;
  Led callOnce();
  bool waitForWork();
  void leave();
  void work();
  void serve(Connection& connection);
  Result<Reply> again(Connection& connection, const Command& command, Reply reply);
  Result<std::vector<Reply>> mendAll(Connection& connection, const std::deque<Batch>& inFlight, Reply first);
  ports::DueNote settle(Batch& batch, const Result<Reply>& reply);
  void tell(const ports::DueNote& note);
  void failAll(const Error& error);
  Command commandFor(const Batch& batch);

  Shard& shard_;
  const AdmissionSettings settings_;
  const OnDue onDue_;
  FiringAtOnce* firing_ = nullptr;
  const std::string partKey_;  // of this pipeline alone, because the calls of two are not in order
  std::uint64_t parts_ = 0;    // the last token of a call that ends inside a request; only who is at work uses it

  std::mutex mutex_;
  std::condition_variable work_;
  // Protected by mutex_:
  std::deque<std::shared_ptr<Request>> waiting_;
  std::size_t waitingEvents_ = 0;
  bool atWork_ = false;  // somebody makes calls; at most one does at a time, which keeps them in order
  bool stopping_ = false;
};

}  // namespace lull::redis
