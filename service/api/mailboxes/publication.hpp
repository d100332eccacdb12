#pragma once

#include "input_errors.hpp"

#include <lull/domain/item_id.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace lull::api {

/// The body of a publication: any JSON, which may say which item it is about.
struct Publication {
  std::string data;              ///< JSON text as it was received
  std::optional<ItemId> itemId;  ///< of the member `itemId`, when it is an object that has one
};

/// nullopt after noting what is wrong with it.
std::optional<Publication> readPublication(std::string_view json, InputErrors& errors);

}  // namespace lull::api
