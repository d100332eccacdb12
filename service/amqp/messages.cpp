#include "messages.hpp"

#include <proton/binary.hpp>
#include <proton/map.hpp>
#include <proton/message_id.hpp>
#include <proton/scalar.hpp>
#include <proton/timestamp.hpp>

#include <vector>

namespace lull::amqp {

proton::message messageOf(const brokers::Outgoing& outgoing) {
  proton::message message;
  message.id(outgoing.messageId);
  message.durable(true);
  message.content_type(outgoing.contentType);
  message.creation_time(proton::timestamp(static_cast<proton::timestamp::numeric_type>(outgoing.timestamp) * 1000));
  for (const auto& [name, value] : outgoing.headers) message.properties().put(name, value);
  message.body(proton::binary(outgoing.body));
  message.inferred(true);  // a data section: otherwise the body is a value that happens to be binary
  return message;
}

bool isLarger(const proton::message& message, const brokers::Outgoing& outgoing, std::uint64_t most) {
  // Encoding it twice is spared where it fits for certain.
  constexpr std::uint64_t kMostAround = 4096;
  if (outgoing.headers.size() < 16 && outgoing.body.size() + kMostAround <= most) return false;
  std::vector<char> bytes;
  message.encode(bytes);
  return bytes.size() > most;
}

}  // namespace lull::amqp
