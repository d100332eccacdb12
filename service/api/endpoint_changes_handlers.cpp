#include "handlers.hpp"
#include "json_body.hpp"
#include "query.hpp"
#include "registration_input.hpp"
#include "representations.hpp"

#include <functional>
#include <optional>

namespace lull::api {

namespace {

// Two operators who save at the same moment are rare; more rounds than this mean something else is wrong.
constexpr int kMostRounds = 5;

/// Only a body that says so itself clears breaker and park.
ports::Resume resumeOf(const Json& body) {
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
    if (next->webhook().url != stored.registration.webhook().url) {
      if (auto judged = ports.destinations.judge(next->webhook().url); !judged) return std::move(judged).error();
    }
    auto written = ports.endpoints.replace(call.id, stored.version, *next, resume);
    if (written && endedEarly(stored.registration.webhook().secrets, next->webhook().secrets, ports.clock.now())) {
      ports.journal.secretDropped(call.id);
    }
    return written;
  });
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
  auto& secrets = input->registration.webhook().secrets;
  const auto& next = input->secret.empty() ? secrets.current : input->secret;
  // Those that have ended go with any change.
  secrets = rotated(stored.registration.webhook().secrets, next, call.services.ports.clock.now());
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

/// Without a precondition whatever is there goes, also what cannot be read.
Result<Reply> deleteEndpoint(const Call& call) {
  auto& store = call.services.ports.endpoints;
  const bool conditional = call.head.header("If-Match") || call.head.header("If-None-Match");
  auto removed = conditional ? onPresentState<Status>(
                                   call, [&](const Endpoint& stored) { return store.remove(call.id, stored.version); })
                             : store.remove(call.id, std::nullopt);
  if (!removed) return std::move(removed).error();
  return emptyReply(204);
}

Result<Reply> getSecret(const Call& call) {
  const auto endpoint = call.services.ports.endpoints.find(call.id);
  if (!endpoint) return endpoint.error();
  return secretReply(endpoint->registration.webhook().secrets.current);
}

Result<Reply> rotateSecret(const Call& call) {
  const auto& ports = call.services.ports;
  const auto secret = ports.makeSecret();
  const auto endpoint = changeEndpoint(
      call,
      [&](const Endpoint& stored) -> Result<Registration> {
        auto registration = stored.registration;
        registration.webhook().secrets = rotated(registration.webhook().secrets, secret, ports.clock.now());
        return registration;
      },
      ports::Resume::IfPaused);
  if (!endpoint) return endpoint.error();
  return secretReply(secret);
}

}  // namespace lull::api
