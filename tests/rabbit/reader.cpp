#include "reader.hpp"

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <array>
#include <stdexcept>

namespace lull::testing {

namespace {

amqp_bytes_t bytes(const std::string& text) {
  return amqp_cstring_bytes(text.c_str());
}

std::string text(amqp_bytes_t from) {
  return from.len == 0 ? std::string() : std::string(static_cast<const char*>(from.bytes), from.len);
}

}  // namespace

Reader::Reader(const RabbitServer& server) : state_(amqp_new_connection()) {
  if (amqp_socket_open(amqp_tcp_socket_new(state_), "127.0.0.1", server.port()) != AMQP_STATUS_OK)
    throw std::runtime_error("the reader does not connect");
  const auto reply = amqp_login(state_, RabbitServer::kVirtualHost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN,
                                RabbitServer::kUser, RabbitServer::kPassword);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("the reader is not let in");
  openChannel();
}

Reader::~Reader() {
  amqp_destroy_connection(state_);
}

void Reader::openChannel() {
  amqp_channel_open(state_, ++channel_);
  need("channel");
}

void Reader::need(std::string_view what) const {
  if (amqp_get_rpc_reply(state_).reply_type != AMQP_RESPONSE_NORMAL)
    throw std::runtime_error("the reader failed: " + std::string(what));
}

void Reader::exchange(const std::string& name) {
  amqp_exchange_declare(state_, channel_, bytes(name), amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
  need("exchange");
}

void Reader::deleteExchange(const std::string& name) {
  amqp_exchange_delete(state_, channel_, bytes(name), 0);
  need("delete exchange");
}

void Reader::queue(const std::string& name, std::optional<int> most) {
  std::array<amqp_table_entry_t, 2> entries;
  entries[0].key = amqp_cstring_bytes("x-max-length");
  entries[0].value.kind = AMQP_FIELD_KIND_I32;
  entries[0].value.value.i32 = most.value_or(0);
  entries[1].key = amqp_cstring_bytes("x-overflow");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
  const amqp_table_t limits{static_cast<int>(entries.size()), entries.data()};
  amqp_queue_declare(state_, channel_, bytes(name), 0, 1, 0, 0, most ? limits : amqp_empty_table);
  need("queue");
}

void Reader::deleteQueue(const std::string& name) {
  amqp_queue_delete(state_, channel_, bytes(name), 0, 0);
  need("delete queue");
}

void Reader::bind(const std::string& queue, const std::string& exchange, const std::string& key) {
  amqp_queue_bind(state_, channel_, bytes(queue), bytes(exchange), bytes(key), amqp_empty_table);
  need("bind");
}

std::optional<std::uint32_t> Reader::count(const std::string& queue) {
  const auto* declared = amqp_queue_declare(state_, channel_, bytes(queue), 1, 1, 0, 0, amqp_empty_table);
  if (declared != nullptr) return declared->message_count;
  amqp_channel_close_ok_t ok{};
  amqp_send_method(state_, channel_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
  openChannel();
  return std::nullopt;
}

std::optional<Reader::Read> Reader::next(const std::string& queue) {
  amqp_maybe_release_buffers(state_);
  const auto reply = amqp_basic_get(state_, channel_, bytes(queue), /*no_ack=*/1);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("the reader failed: get");
  if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
  const auto& got = *static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded);
  Read read;
  read.exchange = text(got.exchange);
  read.routingKey = text(got.routing_key);
  amqp_message_t message;
  if (amqp_read_message(state_, channel_, &message, 0).reply_type != AMQP_RESPONSE_NORMAL)
    throw std::runtime_error("the reader failed: message");
  const auto& properties = message.properties;
  read.contentType = text(properties.content_type);
  read.messageId = text(properties.message_id);
  read.appId = text(properties.app_id);
  read.deliveryMode = properties.delivery_mode;
  read.timestamp = properties.timestamp;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const auto& entry = properties.headers.entries[i];
    read.headers.emplace(text(entry.key), text(entry.value.value.bytes));
  }
  read.body = text(message.body);
  amqp_destroy_message(&message);
  return read;
}

}  // namespace lull::testing
