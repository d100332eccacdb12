#pragma once

#include <lull/auth/roles.hpp>
#include <lull/domain/result.hpp>
#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::api {

enum class MediaType : std::uint8_t { None, JsonText, Form, Ndjson, CloudEvent, CloudEventBatch, BinaryCloudEvent };

/// One authorised request on its way through a handler.
struct Call {
  const http::MessageHead& head;
  const auth::Principal& principal;
  std::string_view allowedQuery{};  ///< names of the query parameters that the route takes
  std::string id{};                 ///< what stands for the first name in braces of the route's pattern, decoded
  std::string itemId{};             ///< the same of the second name
  /// Set when the caller may see and change only what it registered: the handler leaves out, or refuses as unknown,
  /// what has another owner.
  std::optional<std::string> owner{};
  std::string body{};  ///< the whole body, when the route takes one; a handler may free it after reading
  MediaType mediaType = MediaType::None;
  /// Set by a handler whose answer comes later (Response::waiting): the trace id of the problem that it may turn out to
  /// be.
  std::string traceId{};
  std::string createdId{};  ///< set by the handler: what the call made, for the audit line
};

}  // namespace lull::api
