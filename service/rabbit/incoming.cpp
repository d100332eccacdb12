#include "incoming.hpp"

#include <lull/ports/message_queue.hpp>

#include <amqp.h>
#include <amqp_framing.h>

#include <algorithm>
#include <utility>

namespace lull::rabbit {

namespace {

std::string propertyOf(const amqp_basic_properties_t& properties, amqp_flags_t flag, amqp_bytes_t value) {
  if ((properties._flags & flag) == 0 || value.len == 0) return {};
  return {static_cast<const char*>(value.bytes), value.len};
}

}  // namespace

void Assembly::begin(std::uint16_t channel, std::uint64_t tag, std::string routingKey) {
  auto message = std::make_shared<Incoming>();
  message->tag = tag;
  message->routingKey = std::move(routingKey);
  halves_[channel] = {std::move(message)};
}

std::shared_ptr<Incoming> Assembly::header(std::uint16_t channel, std::uint64_t bodySize, std::string properties,
                                           const void* decoded) {
  const auto found = halves_.find(channel);
  if (found == halves_.end()) return nullptr;
  auto& [message, got, keep] = found->second;
  const auto& named = *static_cast<const amqp_basic_properties_t*>(decoded);
  message->properties = std::move(properties);
  message->size = bodySize;
  message->messageId = propertyOf(named, AMQP_BASIC_MESSAGE_ID_FLAG, named.message_id);
  message->contentType = propertyOf(named, AMQP_BASIC_CONTENT_TYPE_FLAG, named.content_type);
  message->contentEncoding = propertyOf(named, AMQP_BASIC_CONTENT_ENCODING_FLAG, named.content_encoding);
  if ((named._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) message->timestamp = named.timestamp;
  keep = bodySize <= ports::kMostMessageBytes;
  if (bodySize == 0) return std::move(halves_.extract(channel).mapped().message);
  // Whoever says that a body is huge has to send it before it takes memory.
  if (keep) message->body.reserve(std::min<std::size_t>(bodySize, ports::kMostMessageBytes));
  return nullptr;
}

std::shared_ptr<Incoming> Assembly::body(std::uint16_t channel, std::string_view piece) {
  const auto found = halves_.find(channel);
  if (found == halves_.end()) return nullptr;
  auto& [message, got, keep] = found->second;
  got += piece.size();
  if (keep) message->body.append(piece);
  if (got < message->size) return nullptr;
  return std::move(halves_.extract(channel).mapped().message);
}

}  // namespace lull::rabbit
