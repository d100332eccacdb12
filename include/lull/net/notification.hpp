#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/result.hpp>

#include <string>
#include <utility>
#include <vector>

/// The notification as pure functions.
namespace lull::net {

/// Settings that all notifications of this process share.
struct NotificationDefaults {
  IdField idField = IdField::BaseId;  ///< Notifications:IdField
  std::string version;                ///< for `User-Agent: Lull/<version>`
};

/// `{"ChangeType":1,"Data":{"ItemId":4711,"BaseId":12}}`, ids unchanged in type. `Specific` names the second member
/// after the change type's idName; a change type that the catalogue no longer has falls back to BaseId.
std::string notificationBody(const Message& message, IdField idField, const Catalogue& catalogue);

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
Result<Notification> buildNotification(const NotificationRequest& request, const NotificationDefaults& defaults,
                                       const Catalogue& catalogue);

}  // namespace lull::net
