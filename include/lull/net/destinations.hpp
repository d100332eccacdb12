#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/channel.hpp>
#include <lull/runtime/gate.hpp>

#include <string>

namespace lull::net {

/// Judges URLs at registration. `resolver` and `guard` must outlive it. Thread-safe; blocks the caller up to
/// `deadline` for a name that is not cached, and at most 16 callers at once: the next one is told to come back later.
class Destinations final : public ports::Destinations {
 public:
  Destinations(NameResolver& resolver, const AddressGuard& guard, Millis deadline = Millis{2'000})
      : resolver_(resolver), guard_(guard), deadline_(deadline) {}

  Status judge(const std::string& url) override;

 private:
  NameResolver& resolver_;
  const AddressGuard& guard_;
  const Millis deadline_;
  // Threads that serve the API wait here: names whose servers hang must not hold many of them.
  runtime::Gate waiting_{16};
};

}  // namespace lull::net
