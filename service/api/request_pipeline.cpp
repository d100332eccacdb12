#include "request_pipeline.hpp"

#include "late_reply.hpp"
#include "query.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace lull::api {

namespace {

constexpr std::chrono::seconds kPagePatience{10};
// What somebody without a credential may send: it says its length before, and takes next to no room.
constexpr std::size_t kMostOfAStranger = std::size_t{16} * 1024;

/// RFC 6750 section 3. Without an error there was no credential, and nothing to tell about it.
std::string challengeOf(std::string_view error, std::string_view description) {
  std::string challenge = R"(Bearer realm="lull")";
  if (error.empty()) return challenge;
  return challenge.append(R"(, error=")").append(error).append(R"(", error_description=")").append(description) + '"';
}

http::OriginRules originRules(const ApiSettings& settings) {
  return {settings.allowedHosts, settings.corsOrigins, settings.auth.mode == auth::AuthMode::None};
}

}  // namespace

/// What the journal is told of a request.
struct RequestPipeline::Account {
  std::string_view method;
  std::chrono::steady_clock::time_point startedAt = std::chrono::steady_clock::now();
  RouteMatch match{};
  auth::Principal principal{};
  std::string traceId{};    // made when a problem needs one
  std::string createdId{};  // id of what the call created
};

struct RequestPipeline::Exchange : Account {
  explicit Exchange(const http::MessageHead& request) : Account{request.method}, head(request) {}

  const http::MessageHead& head;
};

RequestPipeline::RequestPipeline(const PipelineParts& parts, std::vector<Area> areas)
    : parts_(parts), router_(parts.settings.pathBase, std::move(areas)), origins_(originRules(parts.settings)) {}

http::Response RequestPipeline::refuse(const http::HeadFault& fault) {
  return problemResponse({kindOfHeadFault(fault.status), fault.detail, {}, traceIdOf(std::nullopt)});
}

void RequestPipeline::noThread() {
  parts_.metrics.threadMissing();
}

http::Response RequestPipeline::overloaded() {
  return problemResponse({ProblemKind::Unavailable,
                          "All connections that Lull can serve at once are in use; try again.",
                          {},
                          traceIdOf(std::nullopt)});
}

http::Response RequestPipeline::tooMuch() {
  return problemResponse({ProblemKind::Unavailable,
                          "Clients that read slowly hold all the memory that replies may take (as much as "
                          "Limits:InFlightBytes); ask again later, or for a smaller page.",
                          {},
                          traceIdOf(std::nullopt)});
}

http::Response RequestPipeline::handle(const http::MessageHead& head, http::RequestSource& source) {
  Exchange exchange(head);
  auto response = guarded(exchange, source);
  if (response.waiting) return later(exchange, std::move(response.waiting));
  origins_.share(head, response);
  record(exchange, response.status);
  return response;
}

/// The request is recorded when it is answered. By then its head is gone, so nothing that is kept may refer to that.
http::Response RequestPipeline::later(const Exchange& exchange, std::shared_ptr<http::Waiting> waiting) const {
  http::Response shared;
  origins_.share(exchange.head, shared);
  Account account = exchange;
  account.method = exchange.head.method == "HEAD" ? "HEAD" : exchange.match.route->method;
  http::Response response;
  response.waiting = std::make_shared<LateReply>(std::move(waiting), std::move(shared.headers),
                                                 [this, account = std::move(account)](int status) mutable {
                                                   const bool problem = status >= 400 && status != kClientGone;
                                                   if (!problem) account.traceId.clear();
                                                   record(account, status);
                                                 });
  return response;
}

/// Catches everything that a handler throws: it would end the process.
http::Response RequestPipeline::guarded(Exchange& exchange, http::RequestSource& source) const {
  try {
    return dispatch(exchange, source);
  } catch (const std::exception& failure) {
    auto response = problem(exchange, ProblemKind::Internal, "The failure was logged under this traceId.");
    const auto route = exchange.match.route != nullptr ? exchange.match.route->pattern : std::string_view{};
    parts_.journal.defect(route, exchange.traceId, failure.what());
    return response;
  }
}

http::Response RequestPipeline::problem(Exchange& exchange, ProblemKind kind, std::string detail) const {
  if (exchange.traceId.empty()) exchange.traceId = traceIdOf(exchange.head.header("traceparent"));
  return problemResponse({kind, std::move(detail), {}, exchange.traceId});
}

http::Response RequestPipeline::dispatch(Exchange& exchange, http::RequestSource& source) const {
  if (const auto refused = origins_.refuse(exchange.head)) return foreign(exchange, *refused);
  if (auto answer = origins_.preflight(exchange.head)) return std::move(*answer);
  auto& match = exchange.match;
  match = router_.match(exchange.head.method, exchange.head.path);
  if (match.route == nullptr && match.allowed.empty()) {
    return problem(exchange, ProblemKind::NotFound, "There is nothing at this path.");
  }
  if (match.route == nullptr) {
    auto response = problem(exchange, ProblemKind::MethodNotAllowed, "This path takes " + match.allowed + ".");
    response.headers.emplace_back("Allow", match.allowed);
    return response;
  }
  if (auto refused = authorise(exchange, source)) return std::move(*refused);
  Call call{exchange.head, exchange.principal, match.route->query, match.id, match.itemId};
  const auto names = std::ranges::count(match.route->pattern, '{');
  if ((names > 0 && call.id.empty()) || (names > 1 && call.itemId.empty())) {
    return problem(exchange, ProblemKind::NotFound, "There is nothing of this id.");
  }
  if (match.route->area == Area::Api && !parts_.readiness.started()) {
    return problem(exchange, ProblemKind::Unavailable, parts_.readiness.obstacle());
  }
  if (exchange.principal.mayOnlyOwn(match.route->access)) call.owner = exchange.principal.scope;
  if (auto refused = refuseQuery(exchange, call)) return std::move(*refused);
  if (auto refused = refuseForeign(exchange, call)) return std::move(*refused);
  if (auto refused = readBody(exchange, source, call)) return std::move(*refused);
  if (match.route->method != "GET" || match.route->area != Area::Api) return invoke(exchange, call);
  const auto pass = pages_.enter(kPagePatience);
  if (pass.in()) return invoke(exchange, call);
  return problem(exchange, ProblemKind::Unavailable, "Too many lists are being read at once; ask again later.");
}

http::Response RequestPipeline::foreign(Exchange& exchange, http::OriginGuard::Refusal refused) const {
  if (refused == http::OriginGuard::Refusal::ForeignName) {
    return problem(
        exchange, ProblemKind::MisdirectedRequest,
        "This service does not go by the name of the Host header; AllowedHosts lists the names that it has.");
  }
  return problem(exchange, ProblemKind::Forbidden,
                 "Pages of another origin may not change anything here; Cors:Origins lists those that may.");
}

std::optional<http::Response> RequestPipeline::authorise(Exchange& exchange, http::RequestSource& source) const {
  const auto access = exchange.match.route->access;
  if (access == auth::Access::Open) return std::nullopt;
  auto verdict =
      parts_.authenticator.authenticate({exchange.head.header("Authorization"), exchange.head.header("X-Api-Key")});
  if (const auto* rejected = std::get_if<auth::Rejected>(&verdict)) {
    auto response = problem(exchange, ProblemKind::Unauthorized, std::string(rejected->detail));
    response.headers.emplace_back("WWW-Authenticate", challengeOf(rejected->error, rejected->detail));
    return response;
  }
  if (const auto* undecided = std::get_if<auth::Undecided>(&verdict)) {
    return problem(exchange, ProblemKind::Unavailable, std::string(undecided->detail));
  }
  exchange.principal = std::move(std::get<auth::Principal>(verdict));
  if (auto refused = slowDown(exchange)) return refused;
  if (exchange.principal.may(access)) {
    source.vouch();
    return std::nullopt;
  }
  std::string detail = "It needs the role ";
  for (const auto role : auth::roleNames(access)) detail.append(detail.back() == ' ' ? "" : " or ").append(role);
  detail += '.';
  auto response = problem(exchange, ProblemKind::Forbidden, detail);
  response.headers.emplace_back("WWW-Authenticate", challengeOf("insufficient_scope", detail));
  return response;
}

/// Refuses an endpoint of somebody else, to whom the call is not open, as one that does not exist.
std::optional<http::Response> RequestPipeline::refuseForeign(Exchange& exchange, const Call& call) const {
  constexpr std::string_view kOneEndpoint = "/api/v1/endpoints/{id}";
  if (!call.owner || !exchange.match.route->pattern.starts_with(kOneEndpoint)) return std::nullopt;
  const auto judged = parts_.ownership.judge(call.owner, call.id);
  return judged ? std::nullopt : std::optional(errorReply(exchange, judged.error()));
}

std::optional<http::Response> RequestPipeline::slowDown(Exchange& exchange) const {
  const auto wait = parts_.limiter.admit(exchange.principal.scope);
  if (wait == std::chrono::nanoseconds{0}) return std::nullopt;
  auto response = problem(exchange, ProblemKind::TooManyRequests,
                          "Limits:RequestsPerSecond allows this credential " +
                              std::to_string(parts_.settings.requestsPerSecond) + " a second.");
  response.headers.emplace_back("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return response;
}

/// Checks the names in the query where something else would be refused before the handler reads it: a body, or an
/// endpoint of somebody else. Other routes that take a query read theirs and report its errors together.
std::optional<http::Response> RequestPipeline::refuseQuery(Exchange& exchange, const Call& call) const {
  const auto& route = *exchange.match.route;
  const bool first = route.query.empty() || route.takes != Takes::Nothing || call.owner;
  if (exchange.head.query.empty() || !first || route.query == kAnyQuery) return std::nullopt;
  InputErrors errors;
  const Query names(exchange.head.query, route.query, errors);
  if (errors.empty()) return std::nullopt;
  return errorReply(exchange, errors.toError());
}

std::optional<http::Response> RequestPipeline::readBody(Exchange& exchange, http::RequestSource& source,
                                                        Call& call) const {
  const auto takes = exchange.match.route->takes;
  if (takes == Takes::Publication && !parts_.settings.mailboxes.allowPublish) return std::nullopt;
  const bool empty = exchange.head.framing == http::Framing::None;
  if (takes == Takes::Nothing || (takesNone(takes) && empty)) return std::nullopt;
  const auto type = mediaTypeOf(exchange.head, takes);
  const auto refused = [&] { return problem(exchange, ProblemKind::UnsupportedMediaType, mediaTypesOf(takes)); };
  // Whether a chunked body is empty is known only at its end.
  const bool mayBeNone = takesNone(takes) && exchange.head.framing == http::Framing::Chunked;
  if (!type && !mayBeNone) return refused();
  const bool stranger = exchange.match.route->access == auth::Access::Open;
  const bool small = exchange.head.framing == http::Framing::Length && exchange.head.contentLength <= kMostOfAStranger;
  if (stranger && !small) {
    return problem(exchange, ProblemKind::BodyTooLarge,
                   "A body here has at most " + std::to_string(kMostOfAStranger) + " bytes, and a Content-Length.");
  }
  switch (source.read(call.body)) {
    case http::BodyState::Complete:
      if (mayBeNone && call.body.empty()) return std::nullopt;
      if (!type) return refused();
      call.mediaType = *type;
      return std::nullopt;
    case http::BodyState::TooLarge:
      return problem(exchange, ProblemKind::BodyTooLarge,
                     "A body has at most " +
                         std::to_string(std::min(parts_.settings.maxBodyBytes, parts_.settings.inFlightBytes)) +
                         " bytes.");
    case http::BodyState::NoRoom:
      return problem(exchange, ProblemKind::Unavailable,
                     "Limits:InFlightBytes allows " + std::to_string(parts_.settings.inFlightBytes) +
                         " bytes of request bodies at once, and they are in use; send it again later.");
    case http::BodyState::TooSlow:
      return problem(exchange, ProblemKind::RequestTimeout, "The body did not arrive in time.");
    case http::BodyState::Malformed:
    case http::BodyState::Closed:
      break;
  }
  return problem(exchange, ProblemKind::MalformedRequest, "The chunked body is malformed.");
}

http::Response RequestPipeline::invoke(Exchange& exchange, Call& call) const {
  auto result = exchange.match.route->handler(parts_.handlers, call);
  exchange.createdId = std::move(call.createdId);
  exchange.traceId = std::move(call.traceId);
  if (result) return std::move(result).value();
  return errorReply(exchange, result.error());
}

http::Response RequestPipeline::errorReply(Exchange& exchange, const Error& error) const {
  if (exchange.traceId.empty()) exchange.traceId = traceIdOf(exchange.head.header("traceparent"));
  return problemResponse({kindOf(error.code), error.message, error.fields, exchange.traceId});
}

void RequestPipeline::record(const Account& account, int status) const {
  auto& journal = parts_.journal;
  const auto* route = account.match.route;
  if (route != nullptr && !route->action.empty() && !account.principal.name.empty()) {
    const auto& id = account.createdId.empty() ? account.match.id : account.createdId;
    const auto& who = account.principal;
    journal.audit({who.name, who.proof, route->action, id, status, isRoutine(*route)});
  }
  if (!journal.wantsRequests()) return;
  const auto elapsed = std::chrono::steady_clock::now() - account.startedAt;
  journal.request({account.method, route != nullptr ? route->pattern : std::string_view("(none)"), status,
                   std::chrono::duration_cast<std::chrono::microseconds>(elapsed), account.principal.name,
                   account.traceId});
}

}  // namespace lull::api
