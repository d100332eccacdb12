#pragma once

#include "call.hpp"
#include "mailboxes/mailbox_calls.hpp"

#include <string>

namespace lull::api {

/// The calls below /api/v1/mailboxes.
struct MailboxesHandlers {
  const MailboxCalls& calls;
  std::string pathBase;

  Result<http::Response> enrol(Call& call) const;
  Result<http::Response> get(Call& call) const;
  Result<http::Response> remove(Call& call) const;
  Result<http::Response> subscribe(Call& call) const;
  Result<http::Response> unsubscribe(Call& call) const;
  Result<http::Response> peek(Call& call) const;
  Result<http::Response> lock(Call& call) const;
  Result<http::Response> confirm(Call& call) const;

 private:
  http::Json viewJson(const ports::MailboxView& view) const;
  http::Response glanceResponse(const ports::Glance& seen) const;
};

}  // namespace lull::api
