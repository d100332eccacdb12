#include "mailbox_codec.hpp"

#include "message_codec.hpp"
#include "packing.hpp"

#include <charconv>

namespace lull::redis {

namespace {

constexpr std::uint8_t kSubscriptionsVersion = 1;

// Positions begin at 1 (the sequences of events do).
constexpr std::uint64_t kNoPosition = 0;

std::uint64_t positionIn(const std::string& messageId, std::string_view epoch, const EndpointId& mailbox) {
  const auto digits = std::string_view(messageId).substr(messageId.rfind('_') + 1);
  std::uint64_t position = kNoPosition;
  std::from_chars(digits.data(), digits.data() + digits.size(), position);
  return webhookId(epoch, mailbox, position) == messageId ? position : kNoPosition;
}

}  // namespace

std::vector<ports::Subscription> readSubscriptions(std::string_view packed) {
  ByteReader reader(packed);
  if (reader.u8() != kSubscriptionsVersion) throw UnreadableValue("subscriptions have an unknown version");
  std::vector<ports::Subscription> subscriptions;
  while (!reader.done()) {
    ports::Subscription one;
    one.changeType = reader.u32();
    reader.u64();  // since which sequence
    one.scope = reader.text16();
    subscriptions.push_back(std::move(one));
  }
  return subscriptions;
}

std::string keyOfMail(const std::string& messageId, std::string_view epoch, const EndpointId& mailbox) {
  return MessageKey{"", positionIn(messageId, epoch, mailbox)}.packed();
}

Mail readMail(const std::string& packed, const std::string& key, std::string_view epoch, const EndpointId& mailbox) {
  auto stored = readMessage(packed, readMessageKey(key), epoch, mailbox);
  if (!stored.key.sequence) throw UnreadableValue("a message of a mailbox has no position");
  return {{webhookId(epoch, mailbox, *stored.key.sequence), std::move(stored.message), stored.windowDue}, stored.token};
}

}  // namespace lull::redis
