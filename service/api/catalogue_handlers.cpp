#include "handlers.hpp"

namespace lull::api {

Result<http::Response> listChangeTypes(const Call& call) {
  auto items = http::Json::array();
  for (const auto& type : call.services.ports.catalogue.types()) {
    items.push_back({{"name", type.name}, {"value", type.value}, {"events", type.events}, {"idName", type.idName}});
  }
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nullptr}});
}

}  // namespace lull::api
