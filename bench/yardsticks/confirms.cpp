#include "common/clock.hpp"
#include "common/cpu_time.hpp"

#include <CLI/CLI.hpp>
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <nlohmann/json.hpp>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

/// The limit of a drain to RabbitMQ: a program that only publishes and awaits confirms, on librabbitmq as the service
/// does, with as many messages under way as it is told. `watch` says when a queue holds so many messages.
namespace {

using lull::bench::monotonicNs;

struct Options {
  std::string host = "127.0.0.1";
  int port = 5672;
  std::string virtualHost = "/";
  std::string user;
  std::string password;
  std::string queue;
  std::uint64_t count = 1;
  std::uint64_t window = 1;
  std::size_t bodyBytes = 1024;
};

void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

amqp_bytes_t bytesOf(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast): not written
}

class Client {
 public:
  static constexpr amqp_channel_t kChannel = 1;

  explicit Client(const Options& options) : state(amqp_new_connection()) {
    auto* socket = amqp_tcp_socket_new(state);
    must(amqp_socket_open(socket, options.host.c_str(), options.port) == AMQP_STATUS_OK, "no connection");
    constexpr int kFrameBytes = 131072;
    const auto login = amqp_login(state, options.virtualHost.c_str(), 0, kFrameBytes, 0, AMQP_SASL_METHOD_PLAIN,
                                  options.user.c_str(), options.password.c_str());
    must(login.reply_type == AMQP_RESPONSE_NORMAL, "no login");
    amqp_channel_open(state, kChannel);
    must(amqp_get_rpc_reply(state).reply_type == AMQP_RESPONSE_NORMAL, "no channel");
  }
  ~Client() { amqp_destroy_connection(state); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Declares the durable queue, unless it is there. @returns how many messages it holds.
  std::uint64_t messages(const std::string& queue) const {
    const auto* ok = amqp_queue_declare(state, kChannel, bytesOf(queue), 0, 1, 0, 0, amqp_empty_table);
    must(ok != nullptr, "the queue cannot be declared");
    return ok->message_count;
  }

  amqp_connection_state_t state;
};

/// What the service sends with each message: as many properties and headers, as long.
class Message {
 public:
  explicit Message(std::size_t bytes) : body_(bytes, 'x') {
    constexpr std::array<const char*, 3> kNames{"Lull-Sequence", "Lull-Event-Count", "Lull-Attempt"};
    for (std::size_t i = 0; i < headers_.size(); ++i) {
      headers_[i].key = amqp_cstring_bytes(kNames[i]);
      headers_[i].value.kind = AMQP_FIELD_KIND_UTF8;
      headers_[i].value.value.bytes = amqp_cstring_bytes(i == 0 ? "1795890000000000" : "1");
    }
    properties_._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                         AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_APP_ID_FLAG;
    properties_.content_type = amqp_cstring_bytes("application/cloudevents+json");
    properties_.headers = {static_cast<int>(headers_.size()), headers_.data()};
    properties_.delivery_mode = 2;  // persistent
    properties_.app_id = amqp_cstring_bytes("Lull");
  }

  void publish(const Client& client, const std::string& queue, std::uint64_t number) {
    auto id = std::to_string(number);
    id.insert(0, "msg_" + std::string(26 - id.size(), '0'));
    properties_.message_id = bytesOf(id);
    properties_.timestamp = static_cast<std::uint64_t>(time(nullptr));
    const int status = amqp_basic_publish(client.state, Client::kChannel, amqp_empty_bytes, bytesOf(queue),
                                          /*mandatory=*/1, /*immediate=*/0, &properties_, bytesOf(body_));
    must(status == AMQP_STATUS_OK, "the connection ended");
  }

 private:
  std::string body_;
  std::array<amqp_table_entry_t, 3> headers_{};
  amqp_basic_properties_t properties_{};
};

/// Waits for a frame unless `wait` is false. @returns how many messages are confirmed now, `before` when nothing came.
std::uint64_t confirmed(const Client& client, std::uint64_t before, bool wait) {
  const timeval now{0, 0};
  amqp_frame_t frame;
  const int status = amqp_simple_wait_frame_noblock(client.state, &frame, wait ? nullptr : &now);
  if (status == AMQP_STATUS_TIMEOUT) return before;
  must(status == AMQP_STATUS_OK, "the connection ended");
  must(frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
       "the broker said something else than a confirm");
  const auto ack = *static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
  amqp_maybe_release_buffers(client.state);
  // One by one they may come in any order, so they are counted; several at once are all up to their number.
  return ack.multiple != 0 ? ack.delivery_tag : before + 1;
}

nlohmann::json publish(const Options& options) {
  const Client client(options);
  must(client.messages(options.queue) == 0, "the queue is not empty");
  amqp_confirm_select(client.state, Client::kChannel);
  must(amqp_get_rpc_reply(client.state).reply_type == AMQP_RESPONSE_NORMAL, "no confirms");
  Message message(options.bodyBytes);
  const auto began = monotonicNs();
  std::uint64_t sent = 0;
  std::uint64_t done = 0;
  while (done < options.count) {
    if (sent < options.count && sent - done < options.window) {
      message.publish(client, options.queue, ++sent);
      done = confirmed(client, done, false);
    } else {
      done = confirmed(client, done, true);
    }
  }
  const auto seconds = static_cast<double>(monotonicNs() - began) / 1e9;
  return {{"perSecond", static_cast<double>(options.count) / seconds},
          {"cpuSeconds", lull::bench::processCpuSeconds()}};
}

/// Asks every few milliseconds until the queue holds `count` messages; then takes one out to see its size.
nlohmann::json watch(const Options& options) {
  constexpr useconds_t kEvery = 2000;
  const Client client(options);
  std::printf("{\"messages\":%llu}\n", static_cast<unsigned long long>(client.messages(options.queue)));
  std::fflush(stdout);
  while (client.messages(options.queue) < options.count) usleep(kEvery);
  const auto at = monotonicNs();
  must(amqp_basic_get(client.state, Client::kChannel, bytesOf(options.queue), 1).reply_type == AMQP_RESPONSE_NORMAL,
       "no message");
  amqp_message_t message;
  must(amqp_read_message(client.state, Client::kChannel, &message, 0).reply_type == AMQP_RESPONSE_NORMAL, "no body");
  nlohmann::json report{{"at", at},
                        {"messages", client.messages(options.queue) + 1},
                        {"bodyBytes", message.body.len},
                        {"headers", message.properties.headers.num_entries},
                        {"durable", message.properties.delivery_mode == 2}};
  amqp_destroy_message(&message);
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Publishes to RabbitMQ with confirms, or watches a queue; prints JSON"};
  Options options;
  app.add_option("--port", options.port)->required();
  app.add_option("--virtual-host", options.virtualHost)->required();
  app.add_option("--user", options.user)->required();
  app.add_option("--password", options.password)->required();
  app.add_option("--queue", options.queue)->required();
  app.add_option("--count", options.count, "Messages")->required();
  app.add_option("--window", options.window, "Messages under way at most");
  app.add_option("--body-bytes", options.bodyBytes);
  const auto* publishing = app.add_subcommand("publish", "publishes so many messages")->fallthrough();
  app.add_subcommand("watch", "waits until the queue holds so many messages; begins with a line")->fallthrough();
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  try {
    std::puts((publishing->parsed() ? publish(options) : watch(options)).dump().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
