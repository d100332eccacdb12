#pragma once

#include <lull/domain/result.hpp>
#include <lull/ports/registry.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace lull::api {

/// What a caller reaches who may see and change only what it registered; `owner` is Call::owner. Without an owner it
/// reaches everything.
class Ownership {
 public:
  explicit Ownership(ports::EndpointStore& endpoints) : endpoints_(endpoints) {}

  /// NotFound, with the sentence for an unknown endpoint, when this one has another owner.
  Status judge(const std::optional<std::string>& owner, const EndpointId& id) const;
  /// The endpoints that it reaches, deleted ones with dead letters too; absent: all.
  Result<std::optional<EndpointIds>> endpointsOf(const std::optional<std::string>& owner) const;
  /// The change types that these endpoints take; absent: all.
  Result<std::optional<std::uint32_t>> changeTypesOf(const std::optional<std::string>& owner) const;

 private:
  ports::EndpointStore& endpoints_;
};

}  // namespace lull::api
