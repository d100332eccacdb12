#include "request_loop.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace lull::http {

namespace {

// Responses up to this size are sent whatever the budget says: the receipt of a publication must not be lost, and all
// connections together cannot hold much of them.
constexpr std::size_t kSmallResponse = std::size_t{64} * 1024;

/// The request that the connection is reading or answering.
class ConnectionSource final : public RequestSource {
 public:
  ConnectionSource(ClientConnection& connection, const MessageHead& head, const ListenerLimits& limits,
                   RequestLoop::Owner& owner)
      : connection_(connection), head_(head), cap_(limits.maxBodyBytes), share_(limits.bodies), owner_(owner) {}

  BodyState read(std::string& out) override {
    state_ = connection_.readBody(head_, {cap_, share_, out});
    return *state_;
  }
  void vouch() override { owner_.vouch(); }
  /// Call this when the request was handled and its body is no longer needed.
  void forget() { share_.release(); }
  /// Whether the next byte on the connection begins the next request.
  bool consumed() const { return head_.framing == Framing::None || (state_ && *state_ == BodyState::Complete); }
  bool clientGone() const { return state_ && *state_ == BodyState::Closed; }

 private:
  ClientConnection& connection_;
  const MessageHead& head_;
  const std::size_t cap_;
  MemoryBudget::Share share_;
  RequestLoop::Owner& owner_;
  std::optional<BodyState> state_;
};

}  // namespace

RequestLoop::After RequestLoop::serveOne(ClientConnection& connection, std::chrono::milliseconds patience,
                                         Owner& owner) const {
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
  return answer(connection, std::get<MessageHead>(parsed), owner);
}

RequestLoop::After RequestLoop::answer(ClientConnection& connection, const MessageHead& head, Owner& owner) const {
  ConnectionSource source(connection, head, limits_, owner);
  auto response = handler_.handle(head, source);
  source.forget();
  ReplyTerms terms{head.method != "HEAD", head.keepAlive && source.consumed(), source.consumed()};
  const auto waiting = std::move(response.waiting);
  if (waiting && !source.clientGone()) {
    // From here on the texts of `head` are gone.
    if (!connection.slim()) terms.keepAlive = terms.consumed = false;
    if (owner.letWait({waiting, terms})) return After::Waits;
    response = handler_.overloaded();
  }
  if (waiting) waiting->gone();
  if (source.clientGone()) return After::Ended;
  return reply(connection, terms, std::move(response));
}

bool RequestLoop::goesOn(const ClientConnection& connection, const ReplyTerms& terms) const {
  return terms.keepAlive && !stopping_ && !connection.hurried();
}

RequestLoop::After RequestLoop::reply(ClientConnection& connection, const ReplyTerms& terms, Response response) const {
  MemoryBudget::Share held(limits_.replies);
  if (response.body.size() > kSmallResponse && !held.grow(response.body.size())) response = handler_.tooMuch();
  const bool keepAlive = goesOn(connection, terms);
  const auto content = terms.withBody ? response.content() : std::string_view{};
  if (!connection.send(headOf(response, keepAlive), content)) return After::Ended;
  if (!terms.consumed) connection.linger();
  return keepAlive ? After::Next : After::Ended;
}

std::optional<RequestLoop::Prompt> RequestLoop::replyNow(ClientConnection& connection, const ReplyTerms& terms,
                                                         const Response& response) const {
  if (response.content().size() > kSmallResponse) return std::nullopt;
  Prompt prompt;
  prompt.keepAlive = goesOn(connection, terms);
  prompt.linger = !terms.consumed || (!prompt.keepAlive && connection.holdsBytes());
  prompt.unsent = headOf(response, prompt.keepAlive);
  if (terms.withBody) prompt.unsent += response.content();
  const auto sent = connection.sendNow(prompt.unsent);
  prompt.lost = !sent;
  prompt.unsent.erase(0, sent.value_or(0));
  return prompt;
}

RequestLoop::After RequestLoop::finish(ClientConnection& connection, const Prompt& prompt) {
  if (!connection.send(prompt.unsent)) return After::Ended;
  if (prompt.linger) connection.linger();
  return prompt.keepAlive ? After::Next : After::Ended;
}

RequestLoop::After RequestLoop::refuse(ClientConnection& connection, const HeadFault& fault) const {
  const auto response = handler_.refuse(fault);
  if (connection.send(headOf(response, false), response.content())) connection.linger();
  return After::Ended;
}

}  // namespace lull::http
