#include "handlers.hpp"
#include "query.hpp"
#include "registration_input.hpp"
#include "representations.hpp"

#include <lull/http/json.hpp>

#include <functional>
#include <optional>

namespace lull::api {

namespace {

// Two operators who save at the same moment are rare; more rounds than this mean something else is wrong.
constexpr int kMostRounds = 5;

/// Only a body that says so itself clears breaker and park.
ports::Resume resumeOf(const http::Json& body) {
  const auto enabled = body.is_object() ? body.find("enabled") : body.end();
  return enabled != body.end() && *enabled == true ? ports::Resume::Always : ports::Resume::IfPaused;
}

/// What a change makes of the stored registration.
using Change = std::function<Result<Registration>(const Endpoint& stored)>;

/// Reads an endpoint, judges the request's preconditions by it, and writes what becomes of it. The write is refused
/// when somebody else was faster; then all of it is done again on what is there now.
template <class Written>
Written onPresentState(const Call& call, const std::function<Written(const Endpoint& stored)>& write) {
  for (int round = 0; round < kMostRounds; ++round) {
    const auto stored = call.services.ports.endpoints.find(call.id);
    if (!stored) return stored.error();
    if (judgePreconditions(call.head, etagOf(*stored)) != Precondition::Holds) {
      return Error{ErrorCode::PreconditionFailed,
                   "The endpoint is not as If-Match or If-None-Match says; read it again."};
    }
    auto written = write(*stored);
    if (written || written.error().code != ErrorCode::Conflict) return written;
  }
  return Error{ErrorCode::Conflict, "The endpoint is being changed by others; try again."};
}

Result<Endpoint> changeEndpoint(const Call& call, const Change& change, ports::Resume resume) {
  const auto& ports = call.services.ports;
  return onPresentState<Result<Endpoint>>(call, [&](const Endpoint& stored) -> Result<Endpoint> {
    auto next = change(stored);
    if (!next) return std::move(next).error();
    if (next->url != stored.registration.url) {
      if (auto judged = ports.destinations.judge(next->url); !judged) return std::move(judged).error();
    }
    auto written = ports.endpoints.replace(call.id, stored.version, *next, resume);
    if (written && endedEarly(stored.registration.secrets, next->secrets, ports.clock.now())) {
      ports.journal.secretDropped(call.id);
    }
    return written;
  });
}

Result<http::Response> changed(const Call& call, const Change& change, ports::Resume resume) {
  const auto& ports = call.services.ports;
  const auto endpoint = changeEndpoint(call, change, resume);
  if (!endpoint) return endpoint.error();
  const auto states = ports.endpoints.states({call.id});
  if (!states) return states.error();
  auto response = http::jsonResponse(200, endpointJson(*endpoint, states->at(0), ports.catalogue));
  response.headers.emplace_back("ETag", etagOf(*endpoint));
  return response;
}

Result<Registration> registrationFrom(const Call& call, const http::Json& body, const Endpoint& stored,
                                      InputErrors& errors) {
  auto input = readRegistration(body, &stored.registration, call.services.ports.catalogue, errors);
  if (!input) return errors.toError();
  auto& secrets = input->registration.secrets;
  const auto& next = input->secret.empty() ? secrets.current : input->secret;
  // Those that have ended go with any change.
  secrets = rotated(stored.registration.secrets, next, call.services.ports.clock.now());
  return std::move(input->registration);
}

http::Response secretReply(const std::string& secret) {
  return http::jsonResponse(200, {{"secret", secret}});
}

}  // namespace

Result<http::Response> putEndpoint(const Call& call) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  return changed(
      call,
      [&](const Endpoint& stored) {
        InputErrors found;
        return registrationFrom(call, *body, stored, found);
      },
      resumeOf(*body));
}

Result<http::Response> patchEndpoint(const Call& call) {
  InputErrors errors;
  const auto patch = parseJson(call.body, errors);
  if (!patch) return errors.toError();
  return changed(
      call,
      [&](const Endpoint& stored) {
        InputErrors found;
        const auto body = applyMergePatch(stored.registration, *patch, found);
        return registrationFrom(call, body, stored, found);
      },
      resumeOf(*patch));
}

/// Without a precondition whatever is there goes, also what cannot be read.
Result<http::Response> deleteEndpoint(const Call& call) {
  auto& store = call.services.ports.endpoints;
  const bool conditional = call.head.header("If-Match") || call.head.header("If-None-Match");
  auto removed = conditional ? onPresentState<Status>(
                                   call, [&](const Endpoint& stored) { return store.remove(call.id, stored.version); })
                             : store.remove(call.id, std::nullopt);
  if (!removed) return std::move(removed).error();
  return http::emptyResponse(204);
}

Result<http::Response> getSecret(const Call& call) {
  const auto endpoint = call.services.ports.endpoints.find(call.id);
  if (!endpoint) return endpoint.error();
  return secretReply(endpoint->registration.secrets.current);
}

Result<http::Response> rotateSecret(const Call& call) {
  const auto& ports = call.services.ports;
  const auto secret = ports.makeSecret();
  const auto endpoint = changeEndpoint(
      call,
      [&](const Endpoint& stored) -> Result<Registration> {
        auto registration = stored.registration;
        registration.secrets = rotated(registration.secrets, secret, ports.clock.now());
        return registration;
      },
      ports::Resume::IfPaused);
  if (!endpoint) return endpoint.error();
  return secretReply(secret);
}

}  // namespace lull::api
