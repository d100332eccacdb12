#pragma once

#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"

#include <lull/synchronous/calls.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lull::synchronous::testing {

inline Endpoint endpoint(const std::string& id, std::uint32_t changeTypes = 1) {
  Endpoint made;
  made.id = id;
  made.registration.name = "endpoint " + id;
  made.registration.changeTypes = changeTypes;
  made.registration.telling.delivery = Delivery::Sync;
  return made;
}

/// In the order given, which is the order in which they are called.
inline ports::SnapshotPtr snapshot(std::uint64_t revision, const std::vector<Endpoint>& endpoints) {
  auto made = std::make_shared<ports::RegistrySnapshot>();
  made->revision = revision;
  for (const auto& one : endpoints) {
    made->endpoints[one.id] = std::make_shared<const Endpoint>(one);
    made->called.push_back(made->endpoints[one.id]);
  }
  return made;
}

struct FakeRegistry final : ports::RegistryReader {
  ports::SnapshotPtr cached() const override { return known; }
  Result<ports::SnapshotPtr> current() override {
    ++asked;
    if (!stored) return Error{ErrorCode::Unavailable, "away"};
    known = stored;
    return known;
  }
  void know(const ports::SnapshotPtr& snapshot) { known = stored = snapshot; }

  ports::SnapshotPtr known;
  ports::SnapshotPtr stored;  // nullptr: the store is away
  int asked = 0;
};

/// Answers within the call, as the test says for the endpoint; a receiver that hangs lets the time-out pass.
struct FakeChannel final : ports::Channel {
  void deliver(ports::DeliveryRequest request, Callback done) override {
    const auto& id = request.endpoint->id;
    AttemptResult result;
    if (hangs.contains(id)) {
      now += request.timeout;
      result.sentence = "The time-out passed.";
      result.duration = request.timeout;
    } else if (const auto found = answers.find(id); found != answers.end()) {
      result = found->second;
    } else {
      result.outcome = Outcome::Delivered;
      result.code = 200;
    }
    requests.push_back(std::move(request));
    done(std::move(result));
  }
  std::optional<std::string> render(const Endpoint*, const Message&) const override { return {}; }
  void stopStarting() override {}
  void stop() override {}

  std::map<EndpointId, AttemptResult> answers;
  std::map<EndpointId, bool> hangs;
  std::vector<ports::DeliveryRequest> requests;
  SteadyClock::time_point now{};
};

struct FakeLog final : ports::CallLog {
  std::string messageId(const EndpointId& endpoint, std::uint64_t sequence) override {
    return endpoint + "_" + std::to_string(sequence);
  }
  Status write(Instant, const std::vector<ports::CallRecord>& calls) override {
    if (away) return Error{ErrorCode::Unavailable, "away"};
    written.insert(written.end(), calls.begin(), calls.end());
    return Done{};
  }
  std::vector<ports::CallRecord> written;
  bool away = false;
};

}  // namespace lull::synchronous::testing
