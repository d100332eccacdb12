#pragma once

#include "call.hpp"
#include "mailboxes/mailbox_calls.hpp"

namespace lull::api {

/// The calls below /Events, whose parameters stand in the query or in a form, and whose replies are 200.
struct ClassicHandlers {
  const MailboxCalls& calls;

  Result<http::Response> enrol(Call& call) const;
  Result<http::Response> subscribe(Call& call) const;
  Result<http::Response> unsubscribe(Call& call) const;
  Result<http::Response> viewSubscriptions(Call& call) const;
  Result<http::Response> viewTopics(Call& call) const;
  Result<http::Response> peek(Call& call) const;
  Result<http::Response> receive(Call& call) const;
  Result<http::Response> confirm(Call& call) const;
};

}  // namespace lull::api
