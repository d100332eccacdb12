#pragma once

#include "call.hpp"
#include "message_head.hpp"
#include "routes.hpp"

#include <optional>
#include <string>

namespace lull::api {

/// What the body is, by its Content-Type; nullopt when the route does not take that, when its charset is not UTF-8, or
/// when it is compressed.
std::optional<MediaType> mediaTypeOf(const MessageHead& head, Takes takes);

/// A sentence that says what the route takes.
std::string mediaTypesOf(Takes takes);

}  // namespace lull::api
