#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// /Events/Publish: an event of a topic, by a client that knows topics and no internal events.
struct PublishHandler {
  ports::Admission& admission;
  synchronous::Calls& calls;
  const Catalogue& catalogue;
  MailboxSettings settings;

  Result<http::Response> publish(Call& call) const;

 private:
  Result<Event> eventOf(const std::string& topic) const;
};

}  // namespace lull::api
