#include "lock_id.hpp"
#include "mailbox_codec.hpp"
#include "reply_reader.hpp"

#include <lull/ports/absent.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/mailbox_store.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>

#include <algorithm>
#include <map>
#include <span>

namespace lull::redis {

namespace {

/// What mailbox_peek.lua said of one mailbox.
struct Peeked {
  bool exists = false;
  bool again = false;  ///< locks have run out, or much was cancelled: it is to be asked again
  ports::Glance glance;
};

struct PeekedAll {
  std::vector<Peeked> mailboxes;
  std::vector<Damage> damage;
};

PeekedAll peekedIn(const Reply& reply, std::span<const EndpointId> ids, std::string_view epoch) {
  const ReplyItems items(reply);
  PeekedAll all;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto said = items.items(i);
    Peeked peeked;
    if (said.size() > 0) {
      peeked.exists = true;
      peeked.glance.count = said.count(0);
      peeked.again = said.integer(1) == 1;
      if (said.size() > 3) {
        try {
          peeked.glance.next = readMail(said.text(3), said.text(2), epoch, ids[i]).message;
        } catch (const UnreadableValue&) {
          all.damage.push_back({Damage::What::Message, ids[i], {{said.text(2), said.text(3)}}});
          peeked.again = true;
        }
      }
    }
    all.mailboxes.push_back(std::move(peeked));
  }
  return all;
}

// So many rounds are asked when locks run out, or messages are cancelled, under a call.
constexpr int kRounds = 50;
// One script call looks at so many mailboxes: with one subscription each that holds Redis for about 2 ms.
constexpr std::size_t kMailboxesPerLook = 25;

}  // namespace

Result<ports::Glance> MailboxStore::peek(const EndpointId& id, const ports::MailboxOwner& owner) {
  return lookAt({id}, owner).front();
}

std::vector<Result<ports::Glance>> MailboxStore::look(const std::vector<EndpointId>& ids) {
  return lookAt(ids, std::nullopt);
}

std::vector<Result<ports::Glance>> MailboxStore::lookAt(const std::vector<EndpointId>& ids,
                                                        const ports::MailboxOwner& owner) {
  std::vector<Result<ports::Glance>> glances(ids.size(), Result<ports::Glance>(ports::noSuchMailbox()));
  std::vector<std::size_t> places(ids.size());  // of those that are still to be asked
  for (std::size_t i = 0; i < ids.size(); ++i) places[i] = i;
  for (int round = 0; round < kRounds && !places.empty(); ++round) {
    std::vector<std::size_t> again;
    for (std::size_t from = 0; from < places.size(); from += kMailboxesPerLook) {
      const auto part = std::span(places).subspan(from, std::min(kMailboxesPerLook, places.size() - from));
      lookAtPart(ids, part, owner, glances, again);
    }
    places = std::move(again);
  }
  return glances;
}

void MailboxStore::lookAtPart(const std::vector<EndpointId>& ids, std::span<const std::size_t> places,
                              const ports::MailboxOwner& owner, std::vector<Result<ports::Glance>>& glances,
                              std::vector<std::size_t>& again) {
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(), names.counters(), names.mailboxCalls()};
  std::vector<std::string> arguments{std::to_string(millisOf(shard_.now())), whoseText(owner), callStep()};
  std::vector<EndpointId> asked;
  for (const auto place : places) {
    const auto& id = asked.emplace_back(ids[place]);
    keys.insert(keys.end(), {names.queue(id), names.messages(id), names.leases(id), names.state(id)});
    arguments.push_back(id);
  }
  const auto fail = [&](const Error& error) {
    for (const auto place : places) glances[place] = error;
  };
  auto reply = shard_.run("mailbox_peek", keys, arguments);
  if (!reply) return fail(reply.error());
  auto peeked = readReply("A mailbox", [&] { return peekedIn(*reply, asked, shard_.epoch()); });
  if (!peeked) return fail(peeked.error());
  for (const auto& damage : peeked->damage) {
    if (const auto mended = shard_.setAside(damage); !mended) return fail(mended.error());
  }
  std::vector<EndpointId> expired;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& mailbox = peeked->mailboxes[i];
    if (!mailbox.exists) continue;
    glances[places[i]] = std::move(mailbox.glance);
    if (!mailbox.again) continue;
    expired.push_back(asked[i]);
    again.push_back(places[i]);
  }
  if (expired.empty()) return;
  if (const auto ended = endLocksOf(expired, shard_.now()); !ended) fail(ended.error());
}

Result<ports::LockedMessage> MailboxStore::lock(const EndpointId& id, const ports::MailboxOwner& owner,
                                                const std::string& messageId, Millis duration) {
  constexpr std::size_t kSecretBytes = 32;
  const auto& names = shard_.keys();
  const auto key = keyOfMail(messageId, shard_.epoch(), id);
  for (int round = 0; round < kRounds; ++round) {
    const auto now = shard_.now();
    auto arguments = callArguments(id, owner);
    arguments.insert(arguments.end(),
                     {key, std::to_string(duration.count()), text::toHex(text::randomBytes(kSecretBytes))});
    auto reply = shard_.run("mailbox_lock",
                            {names.meta(), names.mailboxCalls(), names.unlockIndex(), names.queue(id),
                             names.messages(id), names.leases(id), names.state(id)},
                            arguments);
    if (!reply) return reply.error();
    const auto said = readReply("The answer to a lock", [&] { return ReplyItems(*reply).integer(0); });
    if (!said) return said.error();
    switch (*said) {
      case 1:
        return lockedIn(*reply, id, key, now + duration);
      case -1:
        return ports::noSuchMailbox();
      case -3:
        return Error{ErrorCode::Conflict, "The message is locked: wait until its lock runs out."};
      case -4:
        return Error{ErrorCode::Conflict, "The mailbox was paused by an operator: try again later."};
      case -5:
        if (const auto ended = endLocksOf({id}, now); !ended) return ended.error();
        continue;
      default:
        return ports::noSuchMail();
    }
  }
  return Error{ErrorCode::Unavailable, "Locks of the mailbox keep running out: try again."};
}

Result<ports::LockedMessage> MailboxStore::lockedIn(const Reply& reply, const EndpointId& id, const std::string& key,
                                                    Instant until) {
  const ReplyItems items(reply);
  try {
    const auto& secret = items.text(2);
    *secret_.lock() = secret;
    auto mail = readMail(items.text(1), key, shard_.epoch(), id);
    return ports::LockedMessage{std::move(mail.message), lockIdOf(secret, id, key, mail.token), until};
  } catch (const UnreadableValue&) {
    if (items.size() < 2 || items.at(1).kind != Reply::Kind::String)
      return Error{ErrorCode::Internal, "Redis answered mailbox_lock.lua with something else."};
    if (const auto mended = shard_.setAside({Damage::What::Message, id, {{key, items.text(1)}}}); !mended)
      return mended.error();
    return ports::noSuchMail();
  }
}

// The token that a lock id names; 0, which no lock has, when it is no lock id of this message. Another process may have
// made the secret, or Redis may have been emptied.
Result<std::uint64_t> MailboxStore::tokenOf(const std::string& lockId, const EndpointId& id, const std::string& key) {
  const auto known = *secret_.lock();
  if (const auto token = tokenIn(lockId, known, id, key)) return *token;
  const auto stored = shard_.call({"HGET", shard_.keys().meta(), "lockSecret"});
  if (!stored) return stored.error();
  if (stored->kind != Reply::Kind::String || stored->text == known) return std::uint64_t{0};
  *secret_.lock() = stored->text;
  return tokenIn(lockId, stored->text, id, key).value_or(0);
}

Status MailboxStore::confirm(const EndpointId& id, const ports::MailboxOwner& owner, const std::string& messageId,
                             const std::string& lockId) {
  const auto& names = shard_.keys();
  const auto key = keyOfMail(messageId, shard_.epoch(), id);
  const auto token = tokenOf(lockId, id, key);
  if (!token) return token.error();
  auto arguments = callArguments(id, owner);
  arguments.insert(arguments.end(), {key, std::to_string(*token)});
  auto reply = shard_.run("mailbox_confirm",
                          {names.meta(), names.counters(), names.mailboxCalls(), names.queue(id), names.messages(id),
                           names.leases(id), names.state(id)},
                          arguments);
  if (!reply) return reply.error();
  switch (reply->integer) {
    case 1:
      return Done{};
    case -1:
      return ports::noSuchMailbox();
    case -3:
      return Error{ErrorCode::Conflict,
                   "The message is not locked under this lock id: the lock has run out, or is another one."};
    default:
      return ports::noSuchMail();
  }
}

}  // namespace lull::redis
