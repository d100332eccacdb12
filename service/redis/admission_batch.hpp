#pragma once

#include "admission_codec.hpp"

#include <lull/redis/admission_pipeline.hpp>

#include <future>

/// What the parts of the admission pipeline have in common: requests, the batches that are made of them, and who is at
/// work.
namespace lull::redis {

// The call was refused before it wrote anything, so it can be sent again once the store is in order.
inline bool isRefused(const Reply& reply) {
  return (reply.isError() && reply.text.starts_with("NOSCRIPT")) || Shard::mendable(reply);
}

struct AdmissionPipeline::Request {
  std::vector<PackedEvent> events;
  Millis keepIds;
  std::size_t taken = 0;      // given to batches
  std::size_t committed = 0;  // answered
  bool failed = false;
  AdmissionReceipt receipt;
  std::promise<Result<AdmissionReceipt>> done;
};

struct AdmissionPipeline::Slice {
  std::shared_ptr<Request> request;
  std::size_t first = 0;
  std::size_t count = 0;
};

struct AdmissionPipeline::Batch {
  std::vector<Slice> slices;
  std::size_t events = 0;
  Millis keepIds;  // the same for all
  Command command;

  std::uint32_t changeTypes() const {
    std::uint32_t bits = 0;
    for (const auto& slice : slices) {
      for (std::size_t i = 0; i < slice.count; ++i) bits |= slice.request->events[slice.first + i].changeType;
    }
    return bits;
  }
  bool beginsInside() const { return slices.front().first > 0; }
  bool endsInside() const {
    const auto& last = slices.back();
    return last.first + last.count < last.request->events.size();
  }
};

/// Who took the work on leaves it whatever happens, or nobody could take it on again.
struct AdmissionPipeline::AtWork {
  explicit AtWork(AdmissionPipeline& at) : pipeline(at) {}
  ~AtWork() { pipeline.leave(); }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

  AdmissionPipeline& pipeline;
};

}  // namespace lull::redis
