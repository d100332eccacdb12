#include "request_loop.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace lull::http {

namespace {

// Responses up to here are sent whatever the budget says: the receipt of a publication must not be lost, and all
// connections together cannot hold much of them.
constexpr std::size_t kSmallResponse = std::size_t{64} * 1024;

/// The request that the connection is at.
class ConnectionSource final : public RequestSource {
 public:
  ConnectionSource(ClientConnection& connection, const MessageHead& head, const ListenerLimits& limits,
                   const std::function<void()>& vouch)
      : connection_(connection), head_(head), cap_(limits.maxBodyBytes), share_(limits.bodies), vouch_(vouch) {}

  BodyState read(std::string& out) override {
    state_ = connection_.readBody(head_, {cap_, share_, out});
    return *state_;
  }
  void vouch() override { vouch_(); }
  /// The request was handled and its body is gone.
  void forget() { share_.release(); }
  /// Whether the next request begins where the connection stands.
  bool consumed() const { return head_.framing == Framing::None || (state_ && *state_ == BodyState::Complete); }
  bool clientGone() const { return state_ && *state_ == BodyState::Closed; }

 private:
  ClientConnection& connection_;
  const MessageHead& head_;
  const std::size_t cap_;
  MemoryBudget::Share share_;
  const std::function<void()>& vouch_;
  std::optional<BodyState> state_;
};

}  // namespace

RequestLoop::After RequestLoop::serveOne(ClientConnection& connection, std::chrono::milliseconds patience,
                                         const std::function<void()>& vouch) const {
  switch (connection.awaitHead(patience)) {
    case HeadState::Quiet:
      return stopping_ || connection.hurried() ? After::Ended : After::Idle;
    case HeadState::Closed:
      return After::Ended;
    case HeadState::TooLarge:
      return refuse(connection, {431, "The request head is larger than 32 KiB."});
    case HeadState::TooSlow:
      return refuse(connection, {408, "The request head did not arrive in time."});
    case HeadState::Complete:
      break;
  }
  const auto parsed = parseHead(connection.head());
  if (const auto* fault = std::get_if<HeadFault>(&parsed)) return refuse(connection, *fault);
  return answer(connection, std::get<MessageHead>(parsed), vouch) ? After::Next : After::Ended;
}

bool RequestLoop::answer(ClientConnection& connection, const MessageHead& head,
                         const std::function<void()>& vouch) const {
  ConnectionSource source(connection, head, limits_, vouch);
  auto response = handler_.handle(head, source);
  source.forget();
  MemoryBudget::Share held(limits_.replies);
  if (response.body.size() > kSmallResponse && !held.grow(response.body.size())) response = handler_.tooMuch();
  if (source.clientGone()) return false;
  const bool keepAlive = head.keepAlive && source.consumed() && !stopping_ && !connection.hurried();
  const auto content = head.method == "HEAD" ? std::string_view{} : response.content();
  if (!connection.send(headOf(response, keepAlive), content)) return false;
  if (!source.consumed()) connection.linger();
  return keepAlive;
}

RequestLoop::After RequestLoop::refuse(ClientConnection& connection, const HeadFault& fault) const {
  const auto response = handler_.refuse(fault);
  if (connection.send(headOf(response, false), response.content())) connection.linger();
  return After::Ended;
}

}  // namespace lull::http
