#include "mailbox_channel.hpp"

namespace lull::app {

void MailboxChannel::deliver(ports::DeliveryRequest, Callback done) {
  AttemptResult result;
  result.outcome = Outcome::Released;
  result.sentence = "The client of a mailbox comes for its messages; nothing is sent.";
  done(std::move(result));
}

std::optional<std::string> MailboxChannel::render(const Endpoint*, const Message& message) const {
  if (!message.payload.data.empty()) return message.payload.data;
  const auto format = formats_.of(Registration{});
  if (!format) return std::nullopt;
  std::string body;
  (*format)->body.appendTo(body, message, catalogue_);
  return body;
}

}  // namespace lull::app
