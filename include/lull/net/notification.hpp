#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/result.hpp>
#include <lull/formats/formats.hpp>

#include <string>
#include <utility>
#include <vector>

/// The notification as pure functions.
namespace lull::net {

/// What notifications are made of besides message and endpoint. Both outlive them.
struct NotificationParts {
  const formats::Format& format;
  const Catalogue& catalogue;
  std::string version;  ///< for `User-Agent: Lull/<version>`
};

struct Notification {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Body and headers of one attempt. An error says in a sentence why the message cannot be sent at
/// all (an invalid stored header or secret); it never repeats a value.
struct NotificationRequest {
  const Endpoint& endpoint;
  const Message& message;
  Instant now;       ///< of the fleet's clock; decides which secrets sign
  Instant signedAt;  ///< of this host's clock; sent as webhook-timestamp
  bool test = false;
};
Result<Notification> buildNotification(const NotificationRequest& request, const NotificationParts& parts);

}  // namespace lull::net
