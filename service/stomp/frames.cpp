#include "frames.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace lull::stomp {

namespace {

/// Nothing that is no number, or has something behind it.
std::uint64_t numberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stopped == end ? number : 0;
}

}  // namespace

Frame connectFrame(const brokers::Broker& broker, std::chrono::milliseconds beat) {
  const auto every = std::to_string(beat.count());
  // A broker with virtual hosts takes their names here, all others what they were reached by.
  const auto& host = broker.virtualHost == "/" ? broker.host : broker.virtualHost;
  return {"CONNECT",
          {{"accept-version", "1.2"},
           {"host", host},
           {"heart-beat", every + "," + every},
           {"login", broker.user},
           {"passcode", broker.password}}};
}

Frame sendFrame(const brokers::Outgoing& message, std::uint64_t receipt) {
  Frame frame{"SEND"};
  auto& headers = frame.headers;
  headers = {{"destination", "/queue/" + message.routingKey},
             // An acceptor of Artemis without anycastPrefix=/queue/ takes the destination for a topic otherwise: it
             // drops the message, for which there is no queue, and sends the receipt.
             {"destination-type", "ANYCAST"},
             {"receipt", std::to_string(receipt)},
             {"persistent", "true"},
             {"content-type", message.contentType},
             {"content-length", std::to_string(message.body.size())},
             // ActiveMQ takes what has a length for bytes; readers by JMS are to get a text.
             {"amq-msg-type", "text"},
             // The header message-id is the broker's own.
             {"correlation-id", message.messageId},
             {"webhook-id", message.messageId}};
  headers.insert(headers.end(), message.headers.begin(), message.headers.end());
  frame.body = message.body;
  return frame;
}

std::uint64_t receiptOf(const Frame& frame) {
  const auto* receipt = frame.header("receipt-id");
  return receipt == nullptr ? 0 : numberIn(*receipt);
}

std::string errorText(const Frame& frame) {
  if (const auto* message = frame.header("message"); message != nullptr && !message->empty()) return *message;
  return frame.body.substr(0, frame.body.find('\n'));
}

OfferedBeats offeredBeats(const Frame& connected) {
  const auto* given = connected.header("heart-beat");
  const auto comma = given == nullptr ? std::string::npos : given->find(',');
  if (comma == std::string::npos) return {};
  const auto millis = [](std::uint64_t number) {
    constexpr std::uint64_t kMost = 86'400'000;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(number, kMost)));
  };
  const std::string_view text(*given);
  return {millis(numberIn(text.substr(0, comma))), millis(numberIn(text.substr(comma + 1)))};
}

}  // namespace lull::stomp
