#include "connection.hpp"

#include <lull/text/printable.hpp>

#include <amqp.h>
#include <amqp_framing.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

namespace lull::rabbit {

namespace {

amqp_bytes_t bytesOf(std::string_view text) {
  return {text.size(),
          const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast): not written to
}

std::string textOf(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string() : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

amqp_table_entry_t textEntry(std::string_view name, std::string_view value) {
  amqp_table_entry_t entry;
  entry.key = bytesOf(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytesOf(value);
  return entry;
}

template <class Arguments>
const Arguments& argumentsOf(const amqp_method_t& method) {
  return *static_cast<const Arguments*>(method.decoded);
}

constexpr std::uint16_t kWholeConnection = 0;

Notice declaredNotice(std::uint16_t channel, const amqp_queue_declare_ok_t& declared) {
  Notice notice{Notice::Kind::QueueDeclared, channel};
  notice.count = declared.message_count;
  return notice;
}

}  // namespace

Connection::Connection(const Broker& broker) : broker_(broker.name), state_(amqp_new_connection()) {}

Connection::~Connection() {
  if (state_ != nullptr) amqp_destroy_connection(state_);
}

bool Connection::hasBuffered() const {
  return amqp_frames_enqueued(state_) != 0 || amqp_data_in_buffer(state_) != 0;
}

bool Connection::room(std::size_t bytes) const {
  constexpr std::size_t kFrames = 1024;  // method, properties, and what TLS adds
  int unsent = 0;
  if (ioctl(socket_, SIOCOUTQ, &unsent) != 0 || unsent == 0) return true;
  return static_cast<std::size_t>(unsent) + bytes + kFrames <= static_cast<std::size_t>(sendBuffer_);
}

void Connection::lose(int status) {
  if (lost_) return;
  switch (status) {
    case AMQP_STATUS_HEARTBEAT_TIMEOUT:
      lost_ = {"The broker " + broker_ + " is away: it has not been heard of for two heartbeats.",
               FailureClass::Timeout};
      return;
    case AMQP_STATUS_BAD_AMQP_DATA:
      lost_ = {"The broker " + broker_ + " is away: it sent what cannot be read (" + amqp_error_string2(status) +
                   "), as a message is whose properties are longer than a frame: take such a one out of its queue.",
               FailureClass::Reset};
      return;
    default:
      lost_ = {"The broker " + broker_ + " is away: the connection ended (" + amqp_error_string2(status) + ").",
               FailureClass::Reset};
  }
}

void Connection::send(std::uint16_t channel, std::uint32_t method, void* arguments) {
  if (lost_) return;
  if (const int status = amqp_send_method(state_, channel, method, arguments); status != AMQP_STATUS_OK) lose(status);
}

void Connection::openChannel(std::uint16_t channel) {
  amqp_channel_open_t open{amqp_empty_bytes};
  send(channel, AMQP_CHANNEL_OPEN_METHOD, &open);
}

void Connection::selectConfirms(std::uint16_t channel) {
  amqp_confirm_select_t select{0};
  send(channel, AMQP_CONFIRM_SELECT_METHOD, &select);
}

void Connection::declareQueue(std::uint16_t channel, const std::string& name) {
  amqp_queue_declare_t declare{};
  declare.queue = bytesOf(name);
  declare.durable = 1;
  declare.arguments = amqp_empty_table;
  send(channel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

void Connection::closeChannel(std::uint16_t channel) {
  amqp_channel_close_t close{};
  close.reply_code = AMQP_REPLY_SUCCESS;
  close.reply_text = amqp_cstring_bytes("Opened anew");
  send(channel, AMQP_CHANNEL_CLOSE_METHOD, &close);
}

void Connection::acknowledgeClose(std::uint16_t channel) {
  amqp_channel_close_ok_t ok{};
  send(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
}

void Connection::publish(std::uint16_t channel, const Outgoing& message) {
  constexpr std::uint8_t kPersistent = 2;
  if (lost_) return;
  std::vector<amqp_table_entry_t> headers;
  headers.reserve(message.headers.size());
  for (const auto& [name, value] : message.headers) headers.push_back(textEntry(name, value));
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                      AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_APP_ID_FLAG;
  properties.content_type = bytesOf(message.contentType);
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  properties.delivery_mode = kPersistent;
  properties.message_id = bytesOf(message.messageId);
  properties.timestamp = message.timestamp;
  properties.app_id = amqp_cstring_bytes("Lull");
  const int status = amqp_basic_publish(state_, channel, bytesOf(message.exchange), bytesOf(message.routingKey),
                                        /*mandatory=*/1, /*immediate=*/0, &properties, bytesOf(message.body));
  if (status != AMQP_STATUS_OK) lose(status);
}

void Connection::close() {
  amqp_connection_close_t goodbye{};
  goodbye.reply_code = AMQP_REPLY_SUCCESS;
  goodbye.reply_text = amqp_cstring_bytes("Lull stops");
  if (room(0)) send(kWholeConnection, AMQP_CONNECTION_CLOSE_METHOD, &goodbye);
}

std::optional<Notice> Connection::next() {
  const timeval now{0, 0};
  while (!lost_) {
    amqp_frame_t frame;
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &now);
    if (status == AMQP_STATUS_TIMEOUT) {
      amqp_maybe_release_buffers(state_);
      return std::nullopt;
    }
    if (status != AMQP_STATUS_OK) {
      lose(status);
      return std::nullopt;
    }
    std::optional<Notice> notice;
    if (frame.frame_type == AMQP_FRAME_METHOD) notice = read(frame.channel, frame.payload.method);
    if (frame.frame_type == AMQP_FRAME_HEADER || frame.frame_type == AMQP_FRAME_BODY) notice = readContent(frame);
    amqp_maybe_release_buffers(state_);
    if (notice) return notice;
  }
  return std::nullopt;
}

std::optional<Notice> Connection::read(std::uint16_t channel, const amqp_method_t& method) {
  using Kind = Notice::Kind;
  switch (method.id) {
    case AMQP_CHANNEL_OPEN_OK_METHOD:
      return Notice{Kind::ChannelOpened, channel};
    case AMQP_CONFIRM_SELECT_OK_METHOD:
      return Notice{Kind::ConfirmsSelected, channel};
    case AMQP_QUEUE_DECLARE_OK_METHOD:
      return declaredNotice(channel, argumentsOf<amqp_queue_declare_ok_t>(method));
    case AMQP_BASIC_QOS_OK_METHOD:
      return Notice{Kind::PrefetchLimited, channel};
    case AMQP_BASIC_CONSUME_OK_METHOD:
      return Notice{Kind::Consuming, channel};
    case AMQP_BASIC_CANCEL_METHOD:
      return Notice{Kind::Cancelled, channel};
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto& deliver = argumentsOf<amqp_basic_deliver_t>(method);
      assembly_.begin(channel, deliver.delivery_tag, textOf(deliver.routing_key));
      return std::nullopt;
    }
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = argumentsOf<amqp_basic_ack_t>(method);
      return Notice{Kind::Acked, channel, ack.delivery_tag, ack.multiple != 0};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = argumentsOf<amqp_basic_nack_t>(method);
      return Notice{Kind::Nacked, channel, nack.delivery_tag, nack.multiple != 0};
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto& back = argumentsOf<amqp_basic_return_t>(method);
      returning_[channel] = {Kind::Returned, channel, 0, false, back.reply_code, textOf(back.reply_text)};
      returning_[channel].routingKey = textOf(back.routing_key);
      return std::nullopt;
    }
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const auto& close = argumentsOf<amqp_channel_close_t>(method);
      returning_.erase(channel);
      return Notice{Kind::ChannelClosed, channel, 0, false, close.reply_code, textOf(close.reply_text)};
    }
    case AMQP_CHANNEL_CLOSE_OK_METHOD:
      returning_.erase(channel);
      return Notice{Kind::ChannelGone, channel};
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto& close = argumentsOf<amqp_connection_close_t>(method);
      amqp_connection_close_ok_t ok{};
      send(kWholeConnection, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok);
      lost_ = {"The broker " + broker_ + " is away: it closed the connection (" + std::to_string(close.reply_code) +
                   " " + text::printable(textOf(close.reply_text)) + ").",
               FailureClass::Reset};
      return std::nullopt;
    }
    case AMQP_CONNECTION_BLOCKED_METHOD:
      return Notice{
          Kind::Blocked, kWholeConnection, 0, false, 0, textOf(argumentsOf<amqp_connection_blocked_t>(method).reason)};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return Notice{Kind::Unblocked, kWholeConnection};
    default:
      return std::nullopt;
  }
}

// The body of what came back is of no use, so its frames are passed over.
std::optional<Notice> Connection::readContent(const amqp_frame_t_& frame) {
  std::shared_ptr<Incoming> whole;
  if (frame.frame_type == AMQP_FRAME_BODY) {
    const auto& part = frame.payload.body_fragment;
    whole = assembly_.body(frame.channel, {static_cast<const char*>(part.bytes), part.len});
  } else {
    const auto& header = frame.payload.properties;
    if (auto back = endReturn(frame.channel, header.decoded)) return back;
    whole = assembly_.header(frame.channel, header.body_size, textOf(header.raw), header.decoded);
  }
  if (!whole) return std::nullopt;
  Notice notice{Notice::Kind::Delivered, frame.channel, whole->tag};
  notice.message = std::move(whole);
  return notice;
}

std::optional<Notice> Connection::endReturn(std::uint16_t channel, const void* properties) {
  auto back = returning_.extract(channel);
  if (back.empty()) return std::nullopt;
  const auto& decoded = *static_cast<const amqp_basic_properties_t*>(properties);
  if ((decoded._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) back.mapped().messageId = textOf(decoded.message_id);
  return std::move(back.mapped());
}

}  // namespace lull::rabbit
