#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/channel.hpp>

#include <string>

namespace lull::net {

/// Judges URLs at registration. `resolver` and `guard` must outlive it. Thread-safe; blocks the caller up to
/// `deadline` for a name that is not cached.
class Destinations final : public ports::Destinations {
 public:
  Destinations(NameResolver& resolver, const AddressGuard& guard, Millis deadline = Millis{3'000})
      : resolver_(resolver), guard_(guard), deadline_(deadline) {}

  Status judge(const std::string& url) override;

 private:
  NameResolver& resolver_;
  const AddressGuard& guard_;
  Millis deadline_;
};

}  // namespace lull::net
