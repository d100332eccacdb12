#include "handlers.hpp"

namespace lull::api {

Result<Reply> listChangeTypes(const Call& call) {
  auto items = Json::array();
  for (const auto& type : call.services.ports.catalogue.types()) {
    items.push_back({{"name", type.name}, {"value", type.value}, {"events", type.events}, {"idName", type.idName}});
  }
  return jsonReply(200, {{"items", std::move(items)}, {"nextCursor", nullptr}});
}

}  // namespace lull::api
