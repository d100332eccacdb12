#include "endpoints/endpoints_handlers.hpp"
#include "endpoints/registration_input.hpp"
#include "endpoints/representations.hpp"
#include "mailboxes/mailbox_registration.hpp"
#include "query.hpp"

#include <lull/http/json.hpp>

#include <functional>
#include <optional>

namespace lull::api {

namespace {

// Two operators who save at the same moment are rare; more rounds than this mean something else is wrong.
constexpr int kMostRounds = 5;

/// Conflict when nothing that is sent there would be signed.
Status refuseUnsigned(const Endpoint& endpoint) {
  if (auto refused =
          refuseMailbox(endpoint, "A mailbox has no secret: nothing is sent to it that would have to be signed.");
      !refused) {
    return refused;
  }
  if (endpoint.registration.isWebhook()) return Done{};
  return Error{ErrorCode::Conflict, "Only a webhook has a secret: what a broker is given is not signed."};
}

/// Only a body that holds `enabled: true` itself clears breaker and park. A PUT holds everything, and `enabled: false`
/// in it need not be meant as a pause: it may be what a GET showed. In a merge patch it is.
ports::Resume resumeOf(const http::Json& body, bool isPatch) {
  const auto enabled = body.is_object() ? body.find("enabled") : body.end();
  if (enabled == body.end()) return ports::Resume::IfPaused;
  if (*enabled == true) return ports::Resume::Always;
  return isPatch && *enabled == false ? ports::Resume::Refused : ports::Resume::IfPaused;
}

/// Reads an endpoint, judges the preconditions of the request, and writes the changed endpoint. When another request
/// changed the endpoint meanwhile the write is refused; then all of it is repeated with the new state.
template <class Written>
Written onPresentState(ports::EndpointStore& endpoints, const Call& call,
                       const std::function<Written(const Endpoint& stored)>& write) {
  for (int round = 0; round < kMostRounds; ++round) {
    const auto stored = endpoints.find(call.id);
    if (!stored) return stored.error();
    if (judgePreconditions(call.head, etagOf(*stored)) != Precondition::Holds) {
      return Error{ErrorCode::PreconditionFailed,
                   "The endpoint is not as If-Match or If-None-Match says; read it again."};
    }
    auto written = write(*stored);
    if (written || written.error().code != ErrorCode::Stale) return written;
  }
  return Error{ErrorCode::Conflict, "The endpoint is being changed by others; try again."};
}

http::Response secretResponse(const std::string& secret) {
  return http::jsonResponse(200, {{"secret", secret}});
}

}  // namespace

Result<ports::CreateOutcome> EndpointWriter::create(Registration registration,
                                                    const ports::CreateIdempotency& idempotency,
                                                    const std::string& owner) const {
  if (registration.isWebhook()) {
    if (auto judged = destinations.judge(registration.webhook().url); !judged) return std::move(judged).error();
    auto& secret = registration.webhook().secrets.current;
    if (secret.empty()) secret = makeSecret();
  }
  return endpoints.create(registration, idempotency, owner);
}

Result<Endpoint> EndpointWriter::change(const Call& call, const Change& change, ports::Resume resume) const {
  return onPresentState<Result<Endpoint>>(endpoints, call, [&](const Endpoint& stored) -> Result<Endpoint> {
    auto next = change(stored);
    if (!next) return std::move(next).error();
    const bool isWebhook = stored.registration.isWebhook();
    if (isWebhook && next->webhook().url != stored.registration.webhook().url) {
      if (auto judged = destinations.judge(next->webhook().url); !judged) return std::move(judged).error();
    }
    auto written = endpoints.replace(call.id, stored.version, *next, resume);
    if (written && isWebhook &&
        endedEarly(stored.registration.webhook().secrets, next->webhook().secrets, clock.now())) {
      journal.secretDropped(call.id);
    }
    return written;
  });
}

Result<std::string> EndpointWriter::rotateSecret(const Call& call) const {
  const auto secret = makeSecret();
  const auto changed = change(
      call,
      [&](const Endpoint& stored) -> Result<Registration> {
        if (auto refused = refuseUnsigned(stored); !refused) return std::move(refused).error();
        auto registration = stored.registration;
        registration.webhook().secrets = rotated(registration.webhook().secrets, secret, clock.now());
        return registration;
      },
      ports::Resume::IfPaused);
  if (!changed) return changed.error();
  return secret;
}

Status EndpointWriter::remove(const Call& call) const {
  const bool conditional = call.head.header("If-Match") || call.head.header("If-None-Match");
  if (!conditional) return endpoints.remove(call.id, std::nullopt);
  return onPresentState<Status>(endpoints, call,
                                [&](const Endpoint& stored) { return endpoints.remove(call.id, stored.version); });
}

Result<http::Response> EndpointChangesHandlers::changed(const Call& call, const EndpointWriter::Change& change,
                                                        ports::Resume resume) const {
  const auto endpoint = writer.change(call, change, resume);
  if (!endpoint) return endpoint.error();
  const auto states = endpoints.states({call.id});
  if (!states) return states.error();
  auto response =
      http::jsonResponse(200, endpointJson(*endpoint, states->at(0), vocabulary, polls.waitingFor(call.id)));
  response.headers.emplace_back("ETag", etagOf(*endpoint));
  return response;
}

Result<Registration> EndpointChangesHandlers::registrationFrom(const http::Json& given, const Endpoint& stored,
                                                               bool isPatch) const {
  InputErrors errors;
  if (stored.registration.isMailbox()) {
    auto changed = readMailboxChange(given, stored.registration, isPatch, errors);
    if (!changed) return errors.toError();
    return *std::move(changed);
  }
  const auto body = isPatch ? applyMergePatch(stored.registration, given, errors) : given;
  auto input = readRegistration(body, &stored.registration, vocabulary, errors);
  if (!input) return errors.toError();
  if (!input->registration.isWebhook()) return std::move(input->registration);
  auto& secrets = input->registration.webhook().secrets;
  const auto& next = input->secret.empty() ? secrets.current : input->secret;
  // Every change removes the retired secrets that have ended.
  secrets = rotated(stored.registration.webhook().secrets, next, clock.now());
  return std::move(input->registration);
}

Result<http::Response> EndpointChangesHandlers::put(Call& call) const {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  const auto change = [&](const Endpoint& stored) { return registrationFrom(*body, stored, false); };
  return changed(call, change, resumeOf(*body, false));
}

Result<http::Response> EndpointChangesHandlers::patch(Call& call) const {
  InputErrors errors;
  const auto given = parseJson(call.body, errors);
  if (!given) return errors.toError();
  const auto change = [&](const Endpoint& stored) { return registrationFrom(*given, stored, true); };
  return changed(call, change, resumeOf(*given, true));
}

Result<http::Response> EndpointChangesHandlers::remove(Call& call) const {
  if (auto removed = writer.remove(call); !removed) return std::move(removed).error();
  return http::emptyResponse(204);
}

Result<http::Response> EndpointChangesHandlers::getSecret(Call& call) const {
  const auto endpoint = endpoints.find(call.id);
  if (!endpoint) return endpoint.error();
  if (auto refused = refuseUnsigned(*endpoint); !refused) return std::move(refused).error();
  return secretResponse(endpoint->registration.webhook().secrets.current);
}

Result<http::Response> EndpointChangesHandlers::rotateSecret(Call& call) const {
  const auto secret = writer.rotateSecret(call);
  if (!secret) return secret.error();
  return secretResponse(*secret);
}

}  // namespace lull::api
