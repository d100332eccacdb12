#pragma once

#include "handlers.hpp"
#include "ownership.hpp"
#include "problem.hpp"
#include "routes.hpp"

#include <lull/auth/authenticator.hpp>
#include <lull/auth/rate_limiter.hpp>
#include <lull/http/listener.hpp>
#include <lull/http/origin_guard.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lull::api {

/// The parts that the pipeline uses. All of them outlive it.
struct PipelineParts {
  const ApiSettings& settings;
  const auth::Authenticator& authenticator;
  auth::RateLimiter& limiter;
  const Readiness& readiness;
  Journal& journal;
  Metrics& metrics;
  Handlers& handlers;
  Ownership ownership;
};

/// The way of a request: host and origin → route → credential → rate → role → body → handler → response, and its lines
/// in the journal. Whatever goes wrong becomes a problem. A response that comes later takes the end of that way when it
/// comes; it outlives this object only if the listener told it that it ended. Thread-safe.
class RequestPipeline final : public http::RequestHandler {
 public:
  RequestPipeline(const PipelineParts& parts, std::vector<Area> areas);

  http::Response handle(const http::MessageHead& head, http::RequestSource& source) override;
  http::Response refuse(const http::HeadFault& fault) override;
  void noThread() override;
  http::Response overloaded() override;
  http::Response tooMuch() override;

 private:
  struct Account;
  struct Exchange;

  http::Response later(const Exchange& exchange, std::shared_ptr<http::Waiting> waiting) const;
  http::Response guarded(Exchange& exchange, http::RequestSource& source) const;
  http::Response dispatch(Exchange& exchange, http::RequestSource& source) const;
  http::Response invoke(Exchange& exchange, Call& call) const;
  http::Response foreign(Exchange& exchange, http::OriginGuard::Refusal refused) const;
  std::optional<http::Response> authorise(Exchange& exchange, http::RequestSource& source) const;
  std::optional<http::Response> refuseForeign(Exchange& exchange, const Call& call) const;
  std::optional<http::Response> slowDown(Exchange& exchange) const;
  std::optional<http::Response> refuseQuery(Exchange& exchange, const Call& call) const;
  std::optional<http::Response> readBody(Exchange& exchange, http::RequestSource& source, Call& call) const;
  http::Response errorReply(Exchange& exchange, const Error& error) const;
  http::Response problem(Exchange& exchange, ProblemKind kind, std::string detail) const;
  void record(const Account& account, int status) const;

  const PipelineParts parts_;
  const Router router_;
  const http::OriginGuard origins_;
  // Limits the replies that read the store. Each may hold a page of items, and more at a time would only wait for
  // connections to the store.
  mutable runtime::Gate pages_{16};
};

}  // namespace lull::api
