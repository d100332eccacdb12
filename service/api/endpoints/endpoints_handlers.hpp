#pragma once

#include "call.hpp"
#include "endpoints/registration_input.hpp"

#include <lull/api/server.hpp>

#include <functional>
#include <string>

namespace lull::api {

/// Writes registrations: what POST, PUT, PATCH, DELETE and the rotation of a secret have in common.
struct EndpointWriter {
  ports::EndpointStore& endpoints;
  ports::Destinations& destinations;
  ports::Clock& clock;
  Journal& journal;
  std::function<std::string()> makeSecret;

  /// Makes the changed registration of the stored one.
  using Change = std::function<Result<Registration>(const Endpoint& stored)>;

  /// Registers an endpoint of `owner`, with a new secret unless the request brings one.
  Result<ports::CreateOutcome> create(Registration registration, const ports::CreateIdempotency& idempotency,
                                      const std::string& owner) const;
  /// Replaces the endpoint of the call by what the change makes of it, if the preconditions of the request hold.
  Result<Endpoint> change(const Call& call, const Change& change, ports::Resume resume) const;
  /// Gives the endpoint of the call a new secret, and returns that.
  Result<std::string> rotateSecret(const Call& call) const;
  /// Deletes the endpoint. Without a precondition it does so even when the registration cannot be read.
  Status remove(const Call& call) const;
};

struct EndpointsHandlers {
  ports::EndpointStore& endpoints;
  const EndpointWriter& writer;
  const Vocabulary& vocabulary;
  const lull::mailboxes::Polls& polls;
  std::string pathBase;

  Result<http::Response> create(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> get(Call& call) const;
};

struct EndpointChangesHandlers {
  ports::EndpointStore& endpoints;
  const EndpointWriter& writer;
  ports::Clock& clock;
  const Vocabulary& vocabulary;
  const lull::mailboxes::Polls& polls;

  Result<http::Response> put(Call& call) const;
  Result<http::Response> patch(Call& call) const;
  Result<http::Response> remove(Call& call) const;
  Result<http::Response> getSecret(Call& call) const;
  Result<http::Response> rotateSecret(Call& call) const;

 private:
  Result<http::Response> changed(const Call& call, const EndpointWriter::Change& change, ports::Resume resume) const;
  /// The registration that the body of a PUT, or that of a PATCH, makes of a stored endpoint.
  Result<Registration> registrationFrom(const http::Json& given, const Endpoint& stored, bool isPatch) const;
};

}  // namespace lull::api
