#pragma once

#include <lull/ports/mailboxes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

/// Reads what lib/subscription.lua writes. Throws UnreadableValue (packing.hpp).
std::vector<ports::Subscription> readSubscriptions(std::string_view packed);

/// The packed MessageKey of a message that webhookId() named by its position. A text that names none gives a key that
/// no message has.
std::string keyOfMail(const std::string& messageId, std::string_view epoch, const EndpointId& mailbox);

struct Mail {
  ports::MailboxMessage message;
  std::uint64_t token = 0;  ///< of its lock, or of its last one
};
/// Reads a packed message that stands under `key`. Throws UnreadableValue.
Mail readMail(const std::string& packed, const std::string& key, std::string_view epoch, const EndpointId& mailbox);

/// What scripts take for the caller: "" for everybody, else "=" and the owner.
inline std::string whoseText(const ports::MailboxOwner& owner) {
  return owner ? "=" + *owner : std::string();
}

}  // namespace lull::redis
