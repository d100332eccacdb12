#pragma once

#include <lull/domain/event.hpp>
#include <lull/ports/absent.hpp>
#include <lull/ports/mailboxes.hpp>
#include <lull/ports/registry.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lull::api::testing {

/// Mailboxes in memory, with a clock that is moved by hand. Each is also an endpoint of `keep`, and exists as long as
/// that does.
class FakeMailboxes final : public ports::Mailboxes, public ports::MailboxLooks, public ports::MailboxNews {
 public:
  /// Keeps the endpoint of a mailbox: to create, change and find it.
  struct Keep {
    std::function<void(const Endpoint&)> put;
    std::function<std::optional<Endpoint>(const EndpointId&)> get;
    std::function<void(const EndpointId&)> remove;
  };
  FakeMailboxes(Keep keep, Instant now) : now_(now), keep_(std::move(keep)) {}

  Result<ports::MailboxView> enrol(const std::string& name, const std::string& owner) override {
    const std::lock_guard guard(mutex_);
    if (failure_) return *failure_;
    for (const auto& [id, box] : boxes_) {
      if (box.owner == owner && box.name == name && keep_.get(id)) return viewOf(id, box);
    }
    auto number = std::to_string(++count_);
    const auto id = "ep_" + std::string(19 - number.size(), '0') + "m" + number;
    const auto& box = boxes_[id] = {name, owner, {}, {}};
    keepEndpoint(id, box);
    auto view = viewOf(id, box);
    view.created = true;
    return view;
  }
  Result<ports::MailboxView> view(const EndpointId& id, const ports::MailboxOwner& owner) override {
    const std::lock_guard guard(mutex_);
    auto* box = find(id, owner);
    if (box == nullptr) return absent();
    return viewOf(id, *box);
  }
  Status remove(const EndpointId& id, const ports::MailboxOwner& owner) override {
    const std::lock_guard guard(mutex_);
    if (find(id, owner) == nullptr) return absent();
    boxes_.erase(id);
    keep_.remove(id);
    return Done{};
  }
  Status subscribe(const EndpointId& id, const ports::MailboxOwner& owner, const ports::Subscription& one) override {
    const std::lock_guard guard(mutex_);
    auto* box = find(id, owner);
    if (box == nullptr) return absent();
    box->since.emplace(one, sequence_);
    keepEndpoint(id, *box);
    return Done{};
  }
  Status unsubscribe(const EndpointId& id, const ports::MailboxOwner& owner, const ports::Subscription& one) override {
    const std::lock_guard guard(mutex_);
    auto* box = find(id, owner);
    if (box == nullptr) return absent();
    box->since.erase(one);
    std::erase_if(box->messages, [&](const Held& held) { return !takes(*box, held.one.message); });
    keepEndpoint(id, *box);
    return Done{};
  }
  Result<ports::Glance> peek(const EndpointId& id, const ports::MailboxOwner& owner) override {
    const std::lock_guard guard(mutex_);
    auto* box = find(id, owner);
    if (box == nullptr) return absent();
    ports::Glance seen{box->messages.size(), std::nullopt};
    const auto next = std::ranges::find_if(box->messages, [&](const Held& held) { return !isLocked(held); });
    if (next != box->messages.end()) seen.next = next->one;
    return seen;
  }
  Result<ports::LockedMessage> lock(const EndpointId& id, const ports::MailboxOwner& owner,
                                    const std::string& messageId, Millis duration) override {
    const std::lock_guard guard(mutex_);
    auto* box = find(id, owner);
    if (box == nullptr) return absent();
    const auto held = std::ranges::find_if(box->messages, [&](const Held& one) { return one.one.id == messageId; });
    if (held == box->messages.end()) return noMessage();
    if (isLocked(*held)) return Error{ErrorCode::Conflict, "The message is locked."};
    held->lockId = "lock-" + std::to_string(++locks_);
    held->until = now_ + duration;
    return ports::LockedMessage{held->one, held->lockId, held->until};
  }
  Status confirm(const EndpointId& id, const ports::MailboxOwner& owner, const std::string& messageId,
                 const std::string& lockId) override {
    const std::lock_guard guard(mutex_);
    auto* box = find(id, owner);
    if (box == nullptr) return absent();
    const auto held = std::ranges::find_if(box->messages, [&](const Held& one) { return one.one.id == messageId; });
    if (held == box->messages.end()) return noMessage();
    if (!isLocked(*held) || held->lockId != lockId) return Error{ErrorCode::Conflict, "It is not locked by this lock."};
    box->messages.erase(held);
    return Done{};
  }

  std::vector<Result<ports::Glance>> look(const std::vector<EndpointId>& ids) override {
    std::vector<Result<ports::Glance>> seen;
    for (const auto& id : ids) seen.push_back(peek(id, std::nullopt));
    return seen;
  }
  Result<Since> since(std::uint64_t mark) override { return Since{mark, {}, false}; }

  /// An event was accepted: every mailbox that takes it has it now.
  std::uint64_t arrive(const Event& event) {
    const std::lock_guard guard(mutex_);
    Message message;
    message.upto = ++sequence_;
    message.key = {event.changeType, event.itemId};
    message.payload = {event.baseId, event.type, event.data, event.operation, event.scope, event.changedFields};
    for (auto& [id, box] : boxes_) {
      if (!takes(box, message)) continue;
      message.id = "msg_" + id.substr(id.find_first_not_of("ep_0")) + "_" + std::to_string(message.upto);
      box.messages.push_back({{message.id, message, now_}, {}, {}});
    }
    return message.upto;
  }
  void advance(Millis by) {
    const std::lock_guard guard(mutex_);
    now_ += by;
  }
  void fail(std::optional<Error> failure) {
    const std::lock_guard guard(mutex_);
    failure_ = std::move(failure);
  }

 private:
  struct Held {
    ports::MailboxMessage one;
    std::string lockId;
    Instant until{};
  };
  struct Box {
    std::string name;
    std::string owner;
    std::map<ports::Subscription, std::uint64_t> since;
    std::vector<Held> messages;
  };

  bool isLocked(const Held& held) const { return held.until > now_; }

  static bool takes(const Box& box, const Message& message) {
    return std::ranges::any_of(box.since, [&](const auto& one) {
      const auto& [subscription, since] = one;
      return subscription.changeType == message.key.changeType && since < message.upto &&
             (subscription.scope.empty() || subscription.scope == message.payload.scope);
    });
  }

  Box* find(const EndpointId& id, const ports::MailboxOwner& owner) {
    const auto box = boxes_.find(id);
    const bool isThere = box != boxes_.end() && keep_.get(id) && (!owner || box->second.owner == *owner);
    return isThere && !failure_ ? &box->second : nullptr;
  }
  Error absent() const { return failure_.value_or(ports::noSuchMailbox()); }
  static Error noMessage() { return {ErrorCode::NotFound, "There is no such message (any more)."}; }

  static ports::MailboxView viewOf(const EndpointId& id, const Box& box) {
    ports::MailboxView view{id, box.name, {}, false};
    for (const auto& [subscription, since] : box.since) view.subscriptions.push_back(subscription);
    return view;
  }

  void keepEndpoint(const EndpointId& id, const Box& box) {
    auto endpoint = keep_.get(id).value_or(Endpoint{id, {}, now_, now_, 1, box.owner});
    auto& registration = endpoint.registration;
    registration.name = box.name;
    registration.target = Mailbox{};
    registration.telling = {Delivery::Every, Order::None, OnFailure::Skip, Results::ByStatus, 0};
    registration.changeTypes = 0;
    for (const auto& [subscription, since] : box.since) registration.changeTypes |= subscription.changeType;
    keep_.put(endpoint);
  }

  std::mutex mutex_;
  Instant now_;
  const Keep keep_;
  std::optional<Error> failure_;
  std::map<EndpointId, Box> boxes_;
  std::uint64_t sequence_ = 1000;
  int count_ = 0;
  int locks_ = 0;
};

}  // namespace lull::api::testing
