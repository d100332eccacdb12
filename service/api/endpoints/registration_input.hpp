#pragma once

#include "input_errors.hpp"

#include <lull/api/known_broker.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/formats/formats.hpp>
#include <lull/http/response.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace lull::api {

/// The names that a registration may use. Catalogue and formats outlive it.
struct Vocabulary {
  const Catalogue& catalogue;
  const formats::Formats& formats;
  std::vector<KnownBroker> brokers{};
};

/// A registration as a client sent it, on top of what is stored.
struct RegistrationInput {
  Registration registration;  ///< its secrets are the stored ones
  std::string secret;         ///< one that the client brought; empty: none
};

/// Reads the body of a POST (`stored` null) or a PUT, but not of a mailbox. Read-only properties are passed over. A
/// header value of "***" keeps the stored one, unless scheme, host or port change. nullopt when anything was noted.
std::optional<RegistrationInput> readRegistration(const http::Json& body, const Registration* stored,
                                                  const Vocabulary& vocabulary, InputErrors& errors);

/// Whether GET shows it although no request can change it.
bool isReadOnlyProperty(std::string_view name);

/// Applies a JSON merge patch (RFC 7396) to the stored registration and gives the body of the equal PUT. Header names
/// are matched without regard to case.
http::Json applyMergePatch(const Registration& stored, const http::Json& patch, InputErrors& errors);

}  // namespace lull::api
