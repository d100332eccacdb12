#include "handlers.hpp"
#include "json_body.hpp"
#include "query.hpp"
#include "registration_input.hpp"
#include "representations.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace lull::api {

namespace {

// Two operators who save at the same moment are rare; more rounds than this mean something else is wrong.
constexpr int kMostRounds = 5;
constexpr auto kOverlap = std::chrono::hours(24);

/// Only a body that says so itself clears breaker and park.
ports::Resume resumeOf(const Json& body) {
  const auto enabled = body.is_object() ? body.find("enabled") : body.end();
  return enabled != body.end() && *enabled == true ? ports::Resume::Always : ports::Resume::IfPaused;
}

/// What a change makes of the stored registration.
using Change = std::function<Result<Registration>(const Endpoint& stored)>;

SigningSecrets rotated(const SigningSecrets& secrets, const std::string& next, Instant now) {
  return next == secrets.current ? secrets : SigningSecrets{next, secrets.current, now + kOverlap};
}

/// Reads, changes and writes an endpoint. The write is refused when somebody else was faster; then it is done again on
/// what is there now, and If-Match judged again.
Result<Endpoint> changeEndpoint(const Call& call, const Change& change, ports::Resume resume) {
  const auto& ports = call.services.ports;
  const auto ifMatch = call.head.header("If-Match");
  for (int round = 0; round < kMostRounds; ++round) {
    const auto stored = ports.endpoints.find(call.id);
    if (!stored) return stored.error();
    if (ifMatch && !matchesEtag(*ifMatch, etagOf(*stored))) {
      return Error{ErrorCode::PreconditionFailed, "The endpoint is not as If-Match says; read it again."};
    }
    auto next = change(*stored);
    if (!next) return std::move(next).error();
    if (next->url != stored->registration.url) {
      if (auto judged = ports.destinations.judge(next->url); !judged) return std::move(judged).error();
    }
    auto written = ports.endpoints.replace(call.id, stored->version, *next, resume);
    if (written || written.error().code != ErrorCode::Conflict) return written;
  }
  return Error{ErrorCode::Conflict, "The endpoint is being changed by others; try again."};
}

Result<Reply> changed(const Call& call, const Change& change, ports::Resume resume) {
  const auto& ports = call.services.ports;
  const auto endpoint = changeEndpoint(call, change, resume);
  if (!endpoint) return endpoint.error();
  const auto states = ports.endpoints.states({call.id});
  if (!states) return states.error();
  auto reply = jsonReply(200, endpointJson(*endpoint, states->at(0), ports.catalogue));
  reply.headers.emplace_back("ETag", etagOf(*endpoint));
  return reply;
}

Result<Registration> registrationFrom(const Call& call, const Json& body, const Endpoint& stored, InputErrors& errors) {
  auto input = readRegistration(body, &stored.registration, call.services.ports.catalogue, errors);
  if (!input) return errors.toError();
  auto& secrets = input->registration.secrets;
  if (!input->secret.empty()) secrets = rotated(secrets, input->secret, call.services.ports.clock.now());
  return std::move(input->registration);
}

Reply secretReply(const std::string& secret) {
  return jsonReply(200, {{"secret", secret}});
}

}  // namespace

Result<Reply> putEndpoint(const Call& call) {
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

Result<Reply> patchEndpoint(const Call& call) {
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

Result<Reply> deleteEndpoint(const Call& call) {
  auto& store = call.services.ports.endpoints;
  if (const auto ifMatch = call.head.header("If-Match")) {
    const auto stored = store.find(call.id);
    if (!stored) return stored.error();
    if (!matchesEtag(*ifMatch, etagOf(*stored))) {
      return Error{ErrorCode::PreconditionFailed, "The endpoint is not as If-Match says; read it again."};
    }
  }
  if (auto removed = store.remove(call.id); !removed) return std::move(removed).error();
  return emptyReply(204);
}

Result<Reply> getSecret(const Call& call) {
  const auto endpoint = call.services.ports.endpoints.find(call.id);
  if (!endpoint) return endpoint.error();
  return secretReply(endpoint->registration.secrets.current);
}

Result<Reply> rotateSecret(const Call& call) {
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
