#include "ownership.hpp"

#include <lull/ports/absent.hpp>

namespace lull::api {

Status Ownership::judge(const std::optional<std::string>& owner, const EndpointId& id) const {
  if (!owner) return Done{};
  const auto known = endpoints_.all();
  if (!known) return known.error();
  const auto found = (*known)->endpoints.find(id);
  if (found != (*known)->endpoints.end() && found->second->owner == *owner) return Done{};
  return ports::noSuchEndpoint();
}

Result<std::optional<EndpointIds>> Ownership::endpointsOf(const std::optional<std::string>& owner) const {
  if (!owner) return std::optional<EndpointIds>{};
  auto ids = endpoints_.registeredBy(*owner);
  if (!ids) return ids.error();
  return std::optional(*std::move(ids));
}

Result<std::optional<std::uint32_t>> Ownership::changeTypesOf(const std::optional<std::string>& owner) const {
  if (!owner) return std::optional<std::uint32_t>{};
  const auto known = endpoints_.all();
  if (!known) return known.error();
  std::uint32_t mask = 0;
  for (const auto& [id, endpoint] : (*known)->endpoints) {
    if (endpoint->owner == *owner) mask |= endpoint->registration.changeTypes;
  }
  return std::optional(mask);
}

}  // namespace lull::api
