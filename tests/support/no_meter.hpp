#pragma once

#include <lull/ports/meter.hpp>

namespace lull::testing {

/// A meter that counts nothing.
struct NoMeter : ports::Meter {
  void attempt(std::string_view /*outcome*/, Millis /*duration*/) override {}
  void deliveryLag(Millis /*lag*/) override {}
  void inFlight(std::int64_t /*attempts*/) override {}
  void leasesReclaimed(std::uint64_t /*leases*/) override {}
  void claimInVain() override {}
  void redisError() override {}
  void clockOffset(Millis /*fleet*/, Millis /*server*/) override {}
};

}  // namespace lull::testing
