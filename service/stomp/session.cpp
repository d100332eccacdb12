#include "session.hpp"

#include "frames.hpp"

#include <lull/brokers/results.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace lull::stomp {

Session::Session(std::string broker, std::unique_ptr<brokers::Wire> wire, FrameReader reader, HeartBeats beats,
                 std::shared_ptr<Suspects> suspects)
    : broker_(std::move(broker)),
      wire_(std::move(wire)),
      reader_(std::move(reader)),
      beats_(beats),
      suspects_(std::move(suspects)) {}

void Session::step() {
  read();
  publish();
  beat();
  flush();
  judgeLoss();
}

void Session::read() {
  std::array<char, 16'384> chunk;
  do {
    // What the broker said before it ended the connection is still taken.
    while (const auto frame = reader_.next()) take(*frame);
    if (!reader_.fault().empty()) {
      return wire_->lose(
          {"The broker " + broker_ + " is away: it sent " + reader_.fault() + ".", FailureClass::Protocol});
    }
    const auto got = wire_->read(chunk.data(), chunk.size());
    if (got == 0) return;
    readAt_ = SteadyClock::now();
    reader_.feed({chunk.data(), got});
  } while (!lost());
}

void Session::take(const Frame& frame) {
  if (frame.command == "ERROR") return refused(frame);
  if (frame.command != "RECEIPT") return;
  auto found = unconfirmed_.extract(receiptOf(frame));
  answered();
  judged_ = false;
  if (!found.empty()) over(std::move(found.mapped()), brokers::confirmed());
}

// The broker has said something of a message, and may owe more.
void Session::answered() {
  awaitingSince_.reset();
  if (!unconfirmed_.empty()) awaitingSince_ = SteadyClock::now();
}

void Session::over(DeliveryPtr delivery, AttemptResult result) {
  suspects_->oneEnded();
  end(delivery, std::move(result));
}

// STOMP has no numbers for what went wrong, only a text, so every refusal may be another one the next time.
void Session::refused(const Frame& frame) {
  const auto said = brokers::quoted(errorText(frame));
  auto found = unconfirmed_.extract(receiptOf(frame));
  answered();
  if (!found.empty()) {
    judged_ = true;  // a broker that ends the connection now has said why (STOMP 1.2, ERROR)
    return over(std::move(found.mapped()), refusal("did not take the message (" + said + ")"));
  }
  // It does not say which message it means, and what it reads from now on is not to be relied on.
  wire_->lose({"The broker " + broker_ + " is away: it ended the connection (" + said + ").", FailureClass::Reset});
  judged_ = true;
  if (suspects_->accuse(underWay())) chargeOnly("did not take the message (" + said + ")");
}

// A broker may end the connection at a message that it cannot take, without any word.
void Session::judgeLoss() {
  if (!lost() || std::exchange(judged_, true)) return;
  if (suspects_->lost(*lost(), SteadyClock::now() - since_, underWay()))
    chargeOnly("ends the connection whenever it is sent this message");
}

void Session::chargeOnly(const std::string& how) {
  end(unconfirmed_.extract(unconfirmed_.begin()).mapped(), refusal(how));
}

AttemptResult Session::refusal(const std::string& how) const {
  return brokers::ended(Outcome::Retryable, "The broker " + broker_ + " " + how + ".", FailureClass::Protocol);
}

std::optional<std::string> Session::heldBack(const brokers::Delivery& delivery) const {
  return suspects_->heldBack(delivery, broker_);
}

/// For how many messages somebody waits. O(unconfirmed).
std::size_t Session::awaited() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(unconfirmed_, [](const auto& entry) { return !entry.second->ended(); }));
}

/// How many messages may be published now at least; none only when there is no place at all.
std::size_t Session::freePlaces() const {
  if (suspects_->any()) return unconfirmed_.empty() ? 1 : 0;
  if (unconfirmed_.size() < window()) return window() - unconfirmed_.size();
  return window() - std::min(window(), awaited());
}

bool Session::hasTooManyGivenUp() const {
  constexpr std::size_t kWindows = 4;
  const auto most = suspects_->any() ? 1 : kWindows * window();
  return unconfirmed_.size() >= most && unconfirmed_.size() - awaited() >= most;
}

void Session::dropEnded() {
  while (!waiting_.empty() && waiting_.front()->ended()) waiting_.pop_front();
}

void Session::publish() {
  constexpr std::size_t kMostUnsent = 262'144;
  dropEnded();
  if (waiting_.empty()) return;
  // Nothing but a new connection makes a broker forget what it will not confirm any more.
  if (hasTooManyGivenUp()) {
    suspects_->oneEnded();  // when they go one at a time it is the one that was given up; otherwise there are none
    return wire_->lose(
        {"The broker " + broker_ + " is away: it does not confirm what it was sent.", FailureClass::Timeout});
  }
  for (std::size_t free = 0; !lost() && !waiting_.empty() && out_.size() < kMostUnsent; dropEnded()) {
    if (free == 0) free = freePlaces();
    if (free == 0) return;
    auto delivery = std::move(waiting_.front());
    waiting_.pop_front();
    out_ += encode(sendFrame(delivery->message(), ++lastReceipt_));
    delivery->publishedAt = SteadyClock::now();
    if (!awaitingSince_) awaitingSince_ = SteadyClock::now();
    unconfirmed_.emplace(lastReceipt_, std::move(delivery));
    --free;
  }
}

void Session::beat() {
  const auto now = SteadyClock::now();
  // The link looks at least every half second. A third of the promise leaves it time to be late.
  if (beats_.ours.count() > 0 && out_.empty() && now - wroteAt_ >= beats_.ours / 3) out_ += '\n';
  // ActiveMQ leaves out a beat when it has sent anything since the last one, so two of them may pass without a word.
  if (beats_.theirs.count() > 0 && now - readAt_ > 3 * beats_.theirs) {
    wire_->lose(
        {"The broker " + broker_ + " is away: it has not been heard of for three heartbeats.", FailureClass::Timeout});
  }
}

void Session::flush() {
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const auto taken = wire_->write(std::string_view(out_).substr(sent));
    if (taken == 0) break;
    sent += taken;
    wroteAt_ = SteadyClock::now();
  }
  out_.erase(0, sent);
}

std::vector<DeliveryPtr> Session::takeWaiting() {
  std::vector<DeliveryPtr> all(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return all;
}

std::vector<DeliveryPtr> Session::takeUnconfirmed() {
  std::vector<DeliveryPtr> all;
  all.reserve(unconfirmed_.size());
  for (auto& [receipt, delivery] : unconfirmed_) all.push_back(std::move(delivery));
  unconfirmed_.clear();
  return all;
}

void Session::close() {
  if (lost() || !out_.empty()) return;
  out_ = encode({"DISCONNECT"});
  flush();
}

}  // namespace lull::stomp
