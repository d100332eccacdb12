#include "connection.hpp"

#include <lull/ports/message_queue.hpp>

#include <amqp.h>
#include <amqp_framing.h>

#include <string>
#include <utility>
#include <vector>

/// What a connection does for who consumes a queue.
namespace lull::rabbit {

namespace {

constexpr std::string_view kReasonHeader = "Lull-Reason";

amqp_bytes_t viewOf(std::string_view text) {
  return {text.size(),
          const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast): not written to
}

std::string_view textIn(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

/// Decoded properties, and the memory that they point into.
class Properties {
 public:
  explicit Properties(std::string_view encoded) {
    init_amqp_pool(&pool_, 4096);
    void* decoded = nullptr;
    if (amqp_decode_properties(AMQP_BASIC_CLASS, &pool_, viewOf(encoded), &decoded) == AMQP_STATUS_OK)
      value = *static_cast<amqp_basic_properties_t*>(decoded);
  }
  ~Properties() { empty_amqp_pool(&pool_); }
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;

  amqp_basic_properties_t value{};

 private:
  amqp_pool_t pool_;
};

/// The headers of a message that is set aside. A message that was before has a reason already; CC would send the
/// message to the queues that it came to once more.
std::vector<amqp_table_entry_t> headersFor(const amqp_basic_properties_t& properties, std::string_view reason) {
  std::vector<amqp_table_entry_t> headers;
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
    for (int i = 0; i < properties.headers.num_entries; ++i) {
      const auto& entry = properties.headers.entries[i];
      const auto name = textIn(entry.key);
      if (name != kReasonHeader && name != "CC") headers.push_back(entry);
    }
  }
  amqp_table_entry_t entry;
  entry.key = viewOf(kReasonHeader);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = viewOf(reason);
  headers.push_back(entry);
  return headers;
}

/// Properties stand in one frame, so that there may be no room for a further header.
bool fitIntoAFrame(amqp_basic_properties_t& properties, int frameBytes) {
  constexpr std::size_t kFrameOverhead = 64;
  std::string scratch(static_cast<std::size_t>(frameBytes) - kFrameOverhead, '\0');
  return amqp_encode_properties(AMQP_BASIC_CLASS, &properties, {scratch.size(), scratch.data()}) >= 0;
}

}  // namespace

void Connection::limitPrefetch(std::uint16_t channel, std::uint16_t most) {
  amqp_basic_qos_t qos{0, most, 0};
  send(channel, AMQP_BASIC_QOS_METHOD, &qos);
}

void Connection::lookAtQueue(std::uint16_t channel, const std::string& name) {
  amqp_queue_declare_t declare{};
  declare.queue = viewOf(name);
  declare.passive = 1;
  declare.arguments = amqp_empty_table;
  send(channel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

void Connection::consume(std::uint16_t channel, const std::string& queue) {
  amqp_basic_consume_t consume{};
  consume.queue = viewOf(queue);
  consume.consumer_tag = amqp_cstring_bytes("lull");
  consume.arguments = amqp_empty_table;
  send(channel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

void Connection::acknowledge(std::uint16_t channel, std::uint64_t tag, bool multiple) {
  amqp_basic_ack_t ack{tag, static_cast<amqp_boolean_t>(multiple ? 1 : 0)};
  send(channel, AMQP_BASIC_ACK_METHOD, &ack);
}

void Connection::reject(std::uint16_t channel, std::uint64_t tag) {
  amqp_basic_reject_t reject{tag, 0};
  send(channel, AMQP_BASIC_REJECT_METHOD, &reject);
}

// The time to live would end it there, too; RabbitMQ takes it off as well when it dead-letters. The user id is that of
// the publisher, and a broker takes only that of the connection.
void Connection::republish(std::uint16_t channel, const Incoming& message, const std::string& exchange,
                           const std::string& reason) {
  constexpr std::uint8_t kPersistent = 2;
  if (lost_) return;
  Properties properties(message.properties);
  auto& value = properties.value;
  auto headers = headersFor(value, reason);
  value.headers = {static_cast<int>(headers.size()), headers.data()};
  value.delivery_mode = kPersistent;
  value._flags |= AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  value._flags &= ~static_cast<amqp_flags_t>(AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG);
  if (!fitIntoAFrame(value, amqp_get_frame_max(state_))) value.headers = {1, &headers.back()};
  const int status = amqp_basic_publish(state_, channel, viewOf(exchange), viewOf(message.routingKey),
                                        /*mandatory=*/1, /*immediate=*/0, &value, viewOf(message.body));
  if (status != AMQP_STATUS_OK) lose(status);
}

}  // namespace lull::rabbit
