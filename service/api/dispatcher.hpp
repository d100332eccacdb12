#pragma once

#include "auth.hpp"
#include "call.hpp"
#include "listener.hpp"
#include "origin_guard.hpp"
#include "page_gate.hpp"
#include "problem.hpp"
#include "rate_limiter.hpp"
#include "routes.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lull::api {

/// The way of a request: host and origin → route → credential → rate → role → body → handler → reply, and its lines in
/// the journal. Whatever goes wrong becomes a problem. Thread-safe.
class Dispatcher final : public RequestHandler {
 public:
  Dispatcher(const Services& services, const Authenticator& authenticator, RateLimiter& limiter,
             std::vector<Area> areas);

  Reply handle(const MessageHead& head, RequestSource& source) override;
  Reply refuse(const HeadFault& fault) override;
  void noThread() override;
  Reply overloaded() override;
  Reply tooMuch() override;

 private:
  struct Exchange;

  Reply guarded(Exchange& exchange, RequestSource& source) const;
  Reply dispatch(Exchange& exchange, RequestSource& source) const;
  Reply invoke(Exchange& exchange, const Call& call) const;
  std::optional<Reply> authorise(Exchange& exchange, RequestSource& source) const;
  std::optional<Reply> slowDown(Exchange& exchange) const;
  std::optional<Reply> refuseQuery(Exchange& exchange) const;
  std::optional<Reply> readBody(Exchange& exchange, RequestSource& source, Call& call) const;
  Reply errorReply(Exchange& exchange, const Error& error) const;
  Reply problem(Exchange& exchange, ProblemKind kind, std::string detail) const;
  void record(const Exchange& exchange, const Reply& reply) const;

  const Services& services_;
  const Authenticator& authenticator_;
  RateLimiter& limiter_;
  const Router router_;
  const OriginGuard origins_;
  mutable PageGate pages_;
};

}  // namespace lull::api
