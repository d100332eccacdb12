#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/formats/formats.hpp>
#include <lull/ports/channel.hpp>

namespace lull::app {

/// The channel of mailboxes, to which nothing is sent: their clients come for the messages. It says what such a client
/// is given of a message: the data of its event, as it was published, else the notification. Thread-safe.
class MailboxChannel final : public ports::Channel {
 public:
  MailboxChannel(const formats::Formats& formats, const Catalogue& catalogue)
      : formats_(formats), catalogue_(catalogue) {}

  /// Nobody claims a message of a mailbox; one that is brought here anyway goes back untouched, with Released.
  void deliver(ports::DeliveryRequest request, Callback done) override;
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override;
  void stopStarting() override {}
  void stop() override {}

 private:
  const formats::Formats& formats_;
  const Catalogue& catalogue_;
};

}  // namespace lull::app
