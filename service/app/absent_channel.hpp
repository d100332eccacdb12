#pragma once

#include <lull/ports/channel.hpp>

#include <string>
#include <utility>

namespace lull::app {

/// Stands in for a channel that this binary was built without. Another replica may have it, and so may the next
/// version: nothing is sent and nothing is charged. Thread-safe.
class AbsentChannel final : public ports::Channel {
 public:
  /// `sentence` says what is missing.
  explicit AbsentChannel(std::string sentence) : sentence_(std::move(sentence)) {}

  /// Released. `done` is called at once and on the caller's thread, before this returns, as a channel does that has
  /// stopped.
  void deliver(ports::DeliveryRequest request, Callback done) override;
  std::optional<std::string> render(const Endpoint*, const Message&) const override { return std::nullopt; }
  void stopStarting() override {}
  void stop() override {}

 private:
  const std::string sentence_;
};

}  // namespace lull::app
