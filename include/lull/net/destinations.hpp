#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/channel.hpp>
#include <lull/runtime/gate.hpp>

#include <string>

namespace lull::net {

/// Judges URLs at registration. `resolver` and `guard` must outlive it. Thread-safe. A name that is not cached blocks
/// its caller for up to `deadline`, and at most 16 callers at once; further callers get Unavailable.
class Destinations final : public ports::Destinations {
 public:
  Destinations(NameResolver& resolver, const AddressGuard& guard, Millis deadline = Millis{2'000})
      : resolver_(resolver), guard_(guard), deadline_(deadline) {}

  Status judge(const std::string& url) override;

 private:
  NameResolver& resolver_;
  const AddressGuard& guard_;
  const Millis deadline_;
  // The waiting threads are those that serve the API: names whose servers hang must not hold many of them.
  runtime::Gate waiting_{16};
};

}  // namespace lull::net
