#pragma once

#include "fakes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

/// The dispatcher of a test, and what it is given.
namespace lull::dispatch::testing {

inline Endpoint endpointNamed(const EndpointId& id) {
  Endpoint endpoint;
  endpoint.id = id;
  endpoint.registration.name = id;
  endpoint.registration.changeTypes = 1;
  return endpoint;
}

inline Claim claimFor(const EndpointId& id, std::uint64_t token) {
  Claim claim;
  claim.endpoint = id;
  claim.message.key = {1, ItemId(static_cast<std::int64_t>(token))};
  claim.key = MessageKey::ofItem(claim.message.key);
  claim.message.attempts = 1;
  claim.token = token;
  claim.lease = Millis(25'000);
  claim.slot = 7;
  claim.dueAt = instantOf(999'000);
  return claim;
}

inline AttemptResult delivered() {
  AttemptResult result;
  result.outcome = Outcome::Delivered;
  result.code = 200;
  return result;
}

inline ports::ClaimBatch batchOf(std::uint64_t revision, std::vector<Claim> claims) {
  ports::ClaimBatch batch;
  batch.claims = std::move(claims);
  batch.registryRevision = revision;
  return batch;
}

/// A dispatcher and a settler on threads of their own, over fakes.
class DispatcherTest : public ::testing::Test {
 protected:
  explicit DispatcherTest(std::chrono::milliseconds heldFor = Settler::kHeldFor, Millis leaseMargin = Millis(10'000))
      : settler_(settling_, clock_, heldFor),
        dispatcher_(settings(leaseMargin), {claims_, registry_, channel_, clock_, meter_, history_, sign_}, settler_) {}
  ~DispatcherTest() override {
    dispatcher_.stop();
    if (dispatchThread_.joinable()) dispatchThread_.join();
    settler_.stop(runtime::Deadline::in({}));
    if (settleThread_.joinable()) settleThread_.join();
  }

  std::vector<ports::ClaimLimit> askedFor(const EndpointId& id) {
    std::vector<ports::ClaimLimit> found;
    for (const auto& limits : claims_.asked()) {
      for (const auto& limit : limits) {
        if (limit.endpoint == id) found.push_back(limit);
      }
    }
    return found;
  }

  static DispatchSettings settings(Millis leaseMargin = Millis(10'000)) {
    DispatchSettings settings;
    settings.leaseMargin = leaseMargin;
    settings.retry.schedule = {Millis(5000)};
    return settings;
  }
  void know(std::uint64_t revision, std::vector<Endpoint> endpoints) {
    registry_.know(FakeRegistry::snapshot(revision, std::move(endpoints)));
  }
  void claimed(std::uint64_t revision, std::vector<Claim> claims) {
    ports::ClaimBatch batch;
    batch.claims = std::move(claims);
    batch.registryRevision = revision;
    claims_.answer(std::move(batch));
  }
  /// A reply has told that it has a due message.
  void noteReady(const EndpointId& id) {
    ports::ClaimBatch told;
    told.ready = {id};
    dispatcher_.depart(dispatcher_.reserve(), std::move(told));
  }
  void start() {
    settleThread_ = std::thread([this] { settler_.run(); });
    dispatchThread_ = std::thread([this] { dispatcher_.run(); });
  }

  FakeClock clock_;
  FakeClaims claims_;
  FakeRegistry registry_;
  FakeChannel channel_;
  FakeSettling settling_;
  FakeMeter meter_;
  FakeHistory history_;
  FakeSign sign_;
  Settler settler_;
  Dispatcher dispatcher_;
  std::thread settleThread_;
  std::thread dispatchThread_;
};

}  // namespace lull::dispatch::testing
