#include "endpoint_codec.hpp"
#include "endpoint_removal.hpp"
#include "key_digest.hpp"
#include "mailbox_codec.hpp"
#include "reply_reader.hpp"

#include <lull/ports/absent.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/mailbox_store.hpp>

#include <algorithm>

/// The half of MailboxStore that is about mailboxes themselves; mailbox_messages.cpp is about what they hold, and
/// mailbox_upkeep.cpp about what time does to them.
namespace lull::redis {

namespace {

// So an owner and a name are told apart whatever they hold.
std::string digestOf(const std::string& owner, const std::string& name) {
  return keyDigest(std::to_string(owner.size()) + ":" + owner + name);
}

Error unreadableMailbox() {
  return {ErrorCode::Internal,
          "The registration of this mailbox cannot be read: delete it and register it again, or restore the value in "
          "Redis."};
}

Endpoint newMailbox(const std::string& name, const std::string& owner, Instant now) {
  Endpoint endpoint;
  endpoint.id = newEndpointId(now);
  endpoint.registration.name = name;
  endpoint.registration.target = Mailbox{};
  endpoint.registration.telling = tellingOf(kMailboxLanes);
  endpoint.createdAt = endpoint.updatedAt = now;
  endpoint.version = 1;
  endpoint.owner = owner;
  return endpoint;
}

}  // namespace

std::string MailboxStore::callStep() const {
  // A mailbox lives as long as Mailboxes:IdleExpiry says, to within a 240th of it.
  constexpr Millis kMost{60'000};
  const auto step = limits_.idleExpiry > Millis{0} ? std::min(kMost, limits_.idleExpiry / 240) : kMost;
  return std::to_string(step.count());
}

std::vector<std::string> MailboxStore::callArguments(const EndpointId& id, const ports::MailboxOwner& owner) const {
  return {id, std::to_string(millisOf(shard_.now())), whoseText(owner), callStep()};
}

Result<ports::MailboxView> MailboxStore::enrol(const std::string& name, const std::string& owner) {
  const auto& keys = shard_.keys();
  // The mailbox of that name may be removed between the two calls.
  for (int round = 0; round < 3; ++round) {
    const auto mailbox = newMailbox(name, owner, shard_.now());
    auto reply = shard_.run(
        "mailbox_enrol",
        {keys.meta(), keys.registrations(), keys.mailboxNames(), keys.mailboxCalls(), keys.state(mailbox.id)},
        {mailbox.id, packEndpoint(mailbox, Sealer{}), std::to_string(millisOf(mailbox.createdAt)),
         digestOf(owner, name), owner, std::to_string(limits_.endpoints)});
    if (!reply) return reply.error();
    const auto found = readReply("The answer to a registration", [&] {
      const ReplyItems items(*reply);
      return std::pair(items.integer(0), items.size() > 1 ? items.text(1) : mailbox.id);
    });
    if (!found) return found.error();
    constexpr std::int64_t kKnown = 0;
    constexpr std::int64_t kFull = 2;
    if (found->first == kFull) return tooManyEndpoints(limits_.endpoints);
    if (found->first != kKnown) return ports::MailboxView{mailbox.id, name, {}, true};
    auto known = view(found->second, owner);
    if (known || known.error().code != ErrorCode::NotFound) return known;
  }
  return Error{ErrorCode::Unavailable, "The mailbox of this name was removed meanwhile, again and again: try again."};
}

Result<ports::MailboxView> MailboxStore::view(const EndpointId& id, const ports::MailboxOwner& owner) {
  const auto& keys = shard_.keys();
  auto reply = shard_.run("mailbox_view", {keys.meta(), keys.registrations(), keys.mailboxCalls(), keys.state(id)},
                          callArguments(id, owner));
  if (!reply) return reply.error();
  auto view = readReply("A mailbox", [&]() -> std::optional<ports::MailboxView> {
    const ReplyItems items(*reply);
    if (items.size() == 0) return std::nullopt;
    return ports::MailboxView{id, readEndpoint(id, items.text(0), Sealer{}).registration.name,
                              readSubscriptions(items.text(1))};
  });
  if (!view) return unreadableMailbox();
  if (!*view) return ports::noSuchMailbox();
  return **std::move(view);
}

Status MailboxStore::remove(const EndpointId& id, const ports::MailboxOwner& owner) {
  Removal removal;
  removal.epitaph = epitaphOf(id).packed;
  removal.whose = owner ? whoseText(owner) : "mailbox";
  const auto removed = removeEndpoint(shard_, id, removal);
  if (!removed) return removed.error();
  if (*removed < 0) return ports::noSuchMailbox();
  return Done{};
}

MailboxStore::LastWords MailboxStore::epitaphOf(const EndpointId& id) {
  const auto blob = shard_.call({"HGET", shard_.keys().registrations(), id});
  if (!blob || blob->kind != Reply::Kind::String) return {};
  try {
    const auto endpoint = readEndpoint(id, blob->text, Sealer{});
    return {endpoint.registration.name, packEpitaph({endpoint.owner, endpoint.registration.name})};
  } catch (const UnreadableValue&) {
    return {};
  }
}

Status MailboxStore::subscribe(const EndpointId& id, const ports::MailboxOwner& owner,
                               const ports::Subscription& subscription) {
  const auto& keys = shard_.keys();
  auto arguments = callArguments(id, owner);
  arguments.insert(arguments.end(), {std::to_string(subscription.changeType), subscription.scope});
  auto reply = shard_.run("mailbox_subscribe", {keys.meta(), keys.registrations(), keys.mailboxCalls(), keys.state(id)},
                          arguments);
  if (!reply) return reply.error();
  switch (reply->integer) {
    case -1:
      return ports::noSuchMailbox();
    case -2:
      return Error{ErrorCode::Conflict,
                   "The mailbox has as many subscriptions as it may have: 1,000, or 60,000 bytes."};
    case -3:
      return unreadableMailbox();
    default:
      return Done{};
  }
}

Status MailboxStore::unsubscribe(const EndpointId& id, const ports::MailboxOwner& owner,
                                 const ports::Subscription& subscription) {
  const auto& keys = shard_.keys();
  std::string cursor = "0";
  do {
    auto arguments = callArguments(id, owner);
    arguments.insert(arguments.end(), {std::to_string(subscription.changeType), subscription.scope, cursor});
    auto reply = shard_.run("mailbox_unsubscribe",
                            {keys.meta(), keys.registrations(), keys.mailboxCalls(), keys.state(id), keys.counters(),
                             keys.queue(id), keys.messages(id), keys.leases(id)},
                            arguments);
    if (!reply) return reply.error();
    const auto next = readReply("The answer to an unsubscription", [&] {
      const ReplyItems items(*reply);
      return std::pair(items.integer(0), items.size() > 1 ? items.text(1) : std::string("0"));
    });
    if (!next) return next.error();
    if (next->first < 0) return ports::noSuchMailbox();
    cursor = next->second;
  } while (cursor != "0");
  return Done{};
}

}  // namespace lull::redis
