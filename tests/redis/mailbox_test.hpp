#pragma once

#include "message_codec.hpp"
#include "redis/two_endpoints.hpp"
#include "stats_codec.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"
#include "support/redis_server.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/mailbox_store.hpp>
#include <lull/redis/queue_view_store.hpp>
#include <lull/redis/stream_store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace lull::redis {

/// Mailboxes on a Redis of their own, by a clock that stands still. After each step the books are checked: I8, and that
/// every message of a mailbox either waits or is locked.
class MailboxTest : public ::testing::Test {
 protected:
  static constexpr Millis kLock{30'000};
  static constexpr std::uint32_t kAssets = 1;
  static constexpr std::uint32_t kCases = 4;
  static constexpr std::uint32_t kAllBits = 0x7FFFFFFF;

  explicit MailboxTest(MailboxLimits limits = {}, QueueCaps caps = {}) : limits_(limits), caps_(caps) {}

  void TearDown() override { checkBooks(); }

  EndpointId enrol(const std::string& name = "mine", const std::string& owner = "ada") {
    auto view = mailboxes_.enrol(name, owner);
    EXPECT_TRUE(view) << view.error().message;
    ids_.insert(view->id);
    return view->id;
  }
  void subscribe(const EndpointId& id, std::uint32_t bit, const std::string& scope = "") {
    const auto done = mailboxes_.subscribe(id, "ada", {bit, scope});
    ASSERT_TRUE(done) << done.error().message;
    checkBooks();
  }
  void unsubscribe(const EndpointId& id, std::uint32_t bit, const std::string& scope = "") {
    const auto done = mailboxes_.unsubscribe(id, "ada", {bit, scope});
    ASSERT_TRUE(done) << done.error().message;
    checkBooks();
  }

  /// Accepts an event without giving it out; returns its sequence.
  std::uint64_t admit(std::uint32_t bit, const std::string& scope = "", const std::string& data = "{}") {
    Event event;
    event.type = "AssetChanged";
    event.itemId = ItemId(std::int64_t{++items_});
    event.scope = scope;
    event.data = data;
    const auto& keys = shard_.keys();
    const auto reply = shard_.run("admit",
                                  {keys.meta(), keys.counters(), keys.windowIndex(), keys.windows(), keys.eventIds(),
                                   keys.eventIdOrder(), keys.stream(), keys.part("test")},
                                  {std::to_string(millisOf(clock_.now())), "0", "0", "1000", "1", "", "",
                                   ItemKey{bit, event.itemId}.packed(), "", "", packPayload(event), ""});
    EXPECT_TRUE(reply) << reply.error().message;
    return static_cast<std::uint64_t>(reply->items.at(2).integer);
  }
  /// Gives out what the stream holds, as every replica does: by what it knows of the registry.
  void fanOut() {
    while (true) {
      ASSERT_TRUE(registry_.refresh());
      const auto outcome = stream_.fanOut(clock_.now(), *registry_.subscribers(), kAllBits);
      ASSERT_TRUE(outcome) << outcome.error().message;
      if (outcome->left == 0) break;
    }
    checkBooks();
  }
  std::uint64_t tell(std::uint32_t bit, const std::string& scope = "", const std::string& data = "{}") {
    const auto sequence = admit(bit, scope, data);
    fanOut();
    return sequence;
  }

  ports::Glance peek(const EndpointId& id) {
    auto glance = mailboxes_.peek(id, "ada");
    EXPECT_TRUE(glance) << glance.error().message;
    checkBooks();
    return glance ? *glance : ports::Glance{};
  }
  /// The sequence of the next message; 0: there is none.
  std::uint64_t next(const EndpointId& id) {
    const auto glance = peek(id);
    return glance.next ? glance.next->message.upto : 0;
  }
  std::string nextId(const EndpointId& id) {
    const auto glance = peek(id);
    return glance.next ? glance.next->id : "";
  }
  ports::LockedMessage lock(const EndpointId& id, const std::string& message, Millis duration = kLock) {
    auto locked = mailboxes_.lock(id, "ada", message, duration);
    EXPECT_TRUE(locked) << locked.error().message;
    checkBooks();
    return locked ? *locked : ports::LockedMessage{};
  }
  ports::LockedMessage lockNext(const EndpointId& id, Millis duration = kLock) {
    return lock(id, nextId(id), duration);
  }
  /// Reads and confirms everything; returns the sequences in the order of the messages.
  std::vector<std::uint64_t> readAll(const EndpointId& id) {
    std::vector<std::uint64_t> sequences;
    for (auto glance = peek(id); glance.next; glance = peek(id)) {
      const auto locked = lock(id, glance.next->id);
      sequences.push_back(locked.message.message.upto);
      EXPECT_TRUE(mailboxes_.confirm(id, "ada", glance.next->id, locked.lockId));
      checkBooks();
    }
    return sequences;
  }
  template <class T>
  static ErrorCode codeOf(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? ErrorCode::Internal : result.error().code;
  }

  std::uint64_t counter(const std::string& name) {
    const auto reply = shard_.call({"HGET", shard_.keys().counters(), name});
    return reply && !reply->text.empty() ? std::stoull(reply->text) : 0;
  }
  Reply redis(const Command& command) { return shard_.call(command).value(); }
  std::string state(const EndpointId& id, const std::string& field) {
    return redis({"HGET", shard_.keys().state(id), field}).text;
  }
  EndpointState stateOf(const EndpointId& id) { return registry_.states({id})->at(0); }

  void checkBooks() {
    const auto& keys = shard_.keys();
    std::uint64_t pending = 0;
    for (const auto& id : ids_) {
      const auto depth = redis({"HLEN", keys.messages(id)}).integer;
      pending += static_cast<std::uint64_t>(depth);
      EXPECT_EQ(redis({"ZCARD", keys.queue(id)}).integer + redis({"ZCARD", keys.leases(id)}).integer, depth)
          << "a message waits or is locked";
      EXPECT_EQ(redis({"ZSCORE", keys.wakeIndex(), id}).kind, Reply::Kind::Nil) << "nothing sends it";
      const auto first = redis({"ZRANGE", keys.leases(id), "0", "0", "WITHSCORES"}).items;
      if (first.empty()) continue;
      const auto unlock = redis({"ZSCORE", keys.unlockIndex(), id});
      ASSERT_EQ(unlock.kind, Reply::Kind::String) << "a lock that nobody would end";
      EXPECT_LE(std::stod(unlock.text), std::stod(first[1].text));
    }
    EXPECT_EQ(counter("created") + counter("revived"),
              counter("delivered") + counter("superseded") + counter("deadLettered") + counter("cancelled") + pending)
        << "I8: pending is " << pending;
  }

  const MailboxLimits limits_;
  const QueueCaps caps_;
  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  EndpointRegistry registry_{shard_};
  StreamStore stream_{shard_, caps_, Millis{10'000}};
  MailboxStore mailboxes_{shard_, limits_};
  QueueViewStore queues_{shard_, registry_, [] {}};
  DeadLetterStore letters_{shard_, registry_, Millis{5000}, caps_, [] {}};
  std::set<EndpointId> ids_;
  std::int64_t items_ = 0;
};

}  // namespace lull::redis
