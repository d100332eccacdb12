#pragma once

#include <lull/http/message_head.hpp>

#include <optional>
#include <string_view>

namespace lull::http {

/// The type of a request's body by its Content-Type, without parameters and in the case it was sent in; "" when none is
/// named. nullopt when its charset is not UTF-8 or when it is compressed. A view into the head.
std::optional<std::string_view> plainMediaType(const MessageHead& head);

/// The same of the value of a Content-Type alone.
std::optional<std::string_view> plainMediaType(std::string_view contentType);

/// Whether a type without parameters is one of JSON: `application/json`, `text/json`, or any that ends with `+json`.
bool isJsonType(std::string_view type);

}  // namespace lull::http
