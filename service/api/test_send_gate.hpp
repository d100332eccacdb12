#pragma once

#include <lull/domain/endpoint.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace lull::api {

/// How many test sends run at once. Each holds the thread of its request until the receiver has answered, which may be
/// silent: 16 of the listener's 512 threads, for 15 s at most, are no loss, and nobody has to carry a half-done request
/// from one thread to another. Thread-safe.
class TestSendGate {
 public:
  static constexpr std::size_t kMostOfEndpoint = 4;
  static constexpr std::size_t kMost = 16;

  /// The right to make one. Not `ok()`: too many run, and `refusal()` says so.
  class Pass {
   public:
    Pass(TestSendGate& gate, EndpointId id) : gate_(gate), id_(std::move(id)), refusal_(gate.enter(id_)) {}
    ~Pass() {
      if (ok()) gate_.leave(id_);
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    bool ok() const { return refusal_.empty(); }
    const std::string& refusal() const { return refusal_; }

   private:
    TestSendGate& gate_;
    const EndpointId id_;
    const std::string refusal_;
  };

 private:
  std::string enter(const EndpointId& id) {
    std::lock_guard guard(mutex_);
    if (all_ >= kMost) return "16 test sends run at once, and no more may; try again when one has ended.";
    const auto found = running_.find(id);
    if (found != running_.end() && found->second >= kMostOfEndpoint) {
      return "4 test sends to this endpoint run at once, and no more may; try again when one has ended.";
    }
    ++running_[id];
    ++all_;
    return "";
  }
  void leave(const EndpointId& id) {
    std::lock_guard guard(mutex_);
    --all_;
    if (--running_[id] == 0) running_.erase(id);
  }

  std::mutex mutex_;
  std::map<EndpointId, std::size_t> running_;  // protected by mutex_, as the next one
  std::size_t all_ = 0;
};

}  // namespace lull::api
