#pragma once

#include "input_errors.hpp"

#include <lull/domain/endpoint.hpp>

#include <optional>

/// What the routes of endpoints do with one that is a mailbox: they show it, pause and resume it, and delete it.
namespace lull::api {

/// The registration that a PUT (or, with `isPatch`, a merge patch) makes of a stored mailbox: only `enabled` changes.
/// Everything else may be there as GET shows it. nullopt when anything was noted.
std::optional<Registration> readMailboxChange(const http::Json& body, const Registration& stored, bool isPatch,
                                              InputErrors& errors);

/// Conflict with this sentence when the endpoint is a mailbox.
Status refuseMailbox(const Endpoint& endpoint, std::string_view sentence);

}  // namespace lull::api
