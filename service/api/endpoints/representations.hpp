#pragma once

#include "endpoints/registration_input.hpp"

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/item_id.hpp>
#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>

#include <cstddef>
#include <optional>
#include <string>

/// Writes the types of the domain as JSON. Pure functions.
namespace lull::api {

/// What was registered, as clients see it: header values are masked, secrets left out. `format` is null unless it was
/// registered by its name, `position` is null without delivery sync.
http::Json registrationJson(const Registration& registration);

/// What a mailbox holds beside its messages: how many of these are locked, how old the oldest one is, and how many
/// calls wait for one at this process.
http::Json mailboxJson(const EndpointState& state, std::size_t waiting);

/// As clients see it. `format` is the one in force, also when the endpoint has it by its `idField` or by default.
/// `waiting` calls wait at this process for a message of it, when it is a mailbox.
http::Json endpointJson(const Endpoint& endpoint, const EndpointState& state, const Vocabulary& vocabulary,
                        std::size_t waiting = 0);

/// A strong entity tag over the registration only: it changes with what PUT can change and with nothing else. That of a
/// webhook is keyed with its signing secret, so that nobody can try out header values against it.
std::string etagOf(const Endpoint& endpoint);

/// The result of the preconditions of a request (RFC 9110 section 13.2.2) for a representation with this entity tag.
enum class Precondition { Holds, NotModified, Failed };
/// If-Match compares strongly, If-None-Match weakly; the latter gives NotModified on GET and HEAD, Failed on others.
Precondition judgePreconditions(const http::MessageHead& head, std::string_view etag);

/// What is shown as the error of an attempt. One whose receiver answered with a number alone shows that number only;
/// one with a result (`results: body`) shows what the receiver says of it, and one without an answer the sentence.
http::Json errorJson(const std::optional<int>& code, const std::optional<ReceiverResult>& result,
                     const std::string& sentence);
http::Json resultJson(const std::optional<ReceiverResult>& result);
http::Json attemptJson(const AttemptRecord& attempt);

http::Json itemIdJson(const ItemId& id);  ///< a number stays a number
http::Json instantJson(const std::optional<Instant>& at);
http::Json textOrNull(const std::string& text);  ///< empty is null
template <class Number>
http::Json numberOrNull(const std::optional<Number>& number) {
  return number ? http::Json(*number) : http::Json();
}

}  // namespace lull::api
