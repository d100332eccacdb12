#pragma once

#include "message_codec.hpp"
#include "support/redis_server.hpp"

#include <lull/domain/filter.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/script.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lull::redis {

using Words = std::vector<std::string>;

/// Every test starts at this time, in milliseconds of the fleet's clock; tests add to it.
constexpr std::int64_t kNow = 1'763'900'000'000;
constexpr std::int64_t kAllBits = 0x7FFFFFFF;
/// Settlement flags of settle.lua.
constexpr int kCounts = 1;
constexpr int kProbe = 2;
constexpr int kLives = 4;
constexpr int kAnswered = 8;
constexpr int kUncounted = 16;
/// Claim flags of claim.lua.
constexpr std::int64_t kWasProbe = 1;
constexpr std::int64_t kTooOld = 2;
constexpr std::int64_t kPoisoned = 4;

inline std::string text(std::int64_t number) {
  return std::to_string(number);
}

/// A packed message as lib/message.lua writes it, with the fields that only the scripts use.
struct Stored {
  unsigned version = 0, flags = 0;
  std::uint64_t idSeq = 0, upto = 0, events = 0, attempts = 0, losses = 0, token = 0, winSeq = 0, step = 0;
  std::int64_t firstFailed = 0, stamp = 0, occurred = 0, due = 0, windowDue = 0, entryDue = 0, sent = 0;
  std::string item, trace, origin, data;  // item: of lanes only; data: of the payload
  bool leased() const { return (flags & 1U) != 0; }
  bool attempted() const { return (flags & 2U) != 0; }
};

/// An event as admit.lua takes it. `data` stands in the payload, so tests see whose payload won.
struct Admitted {
  std::string key{};
  std::string data = "data";
  std::optional<std::int64_t> occurred{};
  std::string trace{};
  std::string id{};  // idempotency id; empty: none
  Operation operation = Operation::Update;
  std::string scope{};
  std::string type = "AssetChanged";
  std::optional<Words> fields{};  // what an update changed
};

struct Claimed {
  std::string endpoint, key;
  std::int64_t flags = 0;
  Stored message;
};

struct ClaimReply {
  std::int64_t revision = 0, nextWake = 0, takenOver = 0;
  std::vector<Claimed> claims;
  Words ready;
  std::vector<Words> damaged;  // {"LULLDAMAGED", what, endpoint, keys…}
};

/// One settlement; see settle.lua. `attempt` is packed for it unless `unattempted`.
struct Settle {
  std::string action{};
  Claimed claim{};
  std::int64_t due = 0;
  int step = 0;
  int flags = kCounts;
  int reason = 0;
  bool unattempted = false;
  int code = 500;
  FailureClass failure = FailureClass::None;
  std::string pause = "egress|Paused.";  // of a hold: "<reason>|<notice>"
  std::int64_t began = 0;                // of a park: when its attempt began; 0: now
};

/// How an endpoint is told. Sync has no lanes: it is called within requests.
enum class Lanes { None = 0, Item = 1, Endpoint = 2, Each = 3, Sync = 4 };
/// The key of a message in a lane (domain/message_key.cpp); of the one lane of an endpoint, and of messages that have
/// one each, `lane` is empty.
std::string laneKey(const std::string& lane, std::uint64_t position);

/// The settings that the scripts get as arguments; tests change them.
struct Settings {
  std::int64_t interval = 0, maxWait = 30'000, slack = 0, keepIds = 86'400'000;
  std::int64_t firstRetry = 5'000, maxAge = 345'600'000, lease = 25'000;
  std::int64_t failures = 0, probe = 10'000, maxProbe = 40'000, mostLetters = 100;
  std::int64_t slot = 5;  // of the process that claims
  std::int64_t fanMessages = 1000, fanBytes = 1'048'576, mostQueued = 1000, mostQueuedBytes = 100'000'000;
};

/// A redis-server of its own and the scripts, called directly with an explicit time. After every test it is checked
/// that the counters add up (I8) and that queues, leases, letters, their groups and the wake-up index agree with each
/// other.
class ScriptHarness : public ::testing::Test {
 protected:
  ScriptHarness();
  void TearDown() override;

  /// For adapters that a test puts on top of the scripts.
  const lull::testing::RedisServer& server() const { return server_; }
  Reply redis(const Command& command);
  /// A script whose header says that it only reads is not allowed to write.
  Reply run(const std::string& script, const Words& keys, const Words& arguments);

  // Steps of an event's life.
  void createEndpoint(const std::string& id, int mask = 15, bool enabled = true, std::int64_t now = kNow);
  /// An endpoint with `delivery: every`, or `sync`; see `lanes` and `stop` in lib/endpoint.lua.
  void createLanes(const std::string& id, Lanes lanes, bool stop = false, int mask = 15, std::int64_t now = kNow);
  /// A mailbox without subscriptions.
  void createMailbox(const std::string& id, const std::string& owner, std::int64_t now = kNow);
  /// Changes how an endpoint is told, Lanes::None for debounced.
  Reply turn(const std::string& id, Lanes lanes, std::int64_t now);
  /// Purges these messages as a call that began at `now` sees them.
  Reply purge(const Words& keys, std::int64_t now, const std::string& id = "a");
  /// Changes the filter of an endpoint, and nothing else.
  void filterEndpoint(const std::string& id, const Filter& filter);
  /// Limits the attempts that an endpoint begins in a second; 0: no more.
  void limitRate(const std::string& id, std::uint16_t rate, std::int64_t now = kNow);
  std::string registrationOf(const std::string& id, int mask) const;
  Reply replaceEndpoint(const std::string& id, int mask, bool enabled, std::int64_t now);
  /// {earliest due, then a sequence for each event}
  std::vector<std::int64_t> admit(const std::vector<Admitted>& events, std::int64_t now);
  Reply fire(std::int64_t now, std::int64_t stopAt = 1000, std::int64_t mostWindows = 250,
             std::int64_t bits = kAllBits);
  Reply fan(std::int64_t now, std::int64_t bits = kAllBits);
  /// Admits events of these item keys and fans them out at once; returns their sequences.
  std::vector<std::uint64_t> tell(const Words& items, std::int64_t now);
  /// Admits and fires at once: one message in the queue of every endpoint; returns its sequence.
  std::uint64_t put(const std::string& key, std::int64_t now, const std::string& data = "data");
  ClaimReply claim(std::int64_t now, const Words& ids, int limit = 1000, int most = 1000);
  /// What the reply of a script says of claims of these endpoints.
  static ClaimReply claimReply(const Reply& reply, const Words& ids);
  /// Claims the only message that may be claimed.
  Claimed claimOne(const std::string& id, std::int64_t now);
  /// {settled, stale}
  std::pair<std::int64_t, std::int64_t> settle(const std::vector<Settle>& settlements, std::int64_t now);
  void settleOne(const Settle& settlement, std::int64_t now);
  /// Puts a message, claims it at kNow, and has its answer park the endpoint until `until`.
  void park(const std::string& id, const std::string& key, std::int64_t until);
  /// Puts, claims and buries a message; returns the letter's number.
  std::uint64_t letter(const std::string& id, const std::string& key, std::int64_t now);

  /// These letters as a call sees them: arguments of letters_retry.lua and letters_remove.lua.
  Words seenLetters(const std::string& id, const Words& keys);

  // The parts of such calls, for tests that change single arguments.
  struct Call {
    std::string script;
    Words keys, arguments;
  };
  Call admitCall(const std::vector<Admitted>& events, std::int64_t now) const;
  Call fireCall(std::int64_t now, std::int64_t stopAt, std::int64_t mostWindows, std::int64_t bits = kAllBits);
  Call fanCall(std::int64_t now, std::int64_t bits = kAllBits);
  Call claimCall(std::int64_t now, const Words& ids, int limit, int most) const;
  Call settleCall(const std::vector<Settle>& settlements, std::int64_t now) const;
  Call replaceCall(const std::string& id, int mask, bool enabled, std::int64_t now);
  Call letterCall(const std::string& script, const std::string& id, Words arguments) const;
  Call queueCall(const std::string& script, const std::string& id, Words arguments) const;
  Reply run(const Call& call) { return run(call.script, call.keys, call.arguments); }

  // What Redis holds.
  std::optional<Stored> message(const std::string& id, const std::string& key);
  std::optional<Stored> successor(const std::string& id, const std::string& key) { return message(id, "+" + key); }
  std::optional<StoredLetter> letterOf(const std::string& id, const std::string& key);
  std::optional<std::int64_t> score(const std::string& zset, const std::string& member);
  std::string field(const std::string& hash, const std::string& name);
  std::string state(const std::string& id, const std::string& name) { return field(names_.state(id), name); }
  std::int64_t counter(const std::string& name);
  std::vector<AttemptRecord> historyOf(const std::string& id, const std::string& key);
  std::map<std::string, std::string> snapshot();

  /// From now on Redis is full: commands that may need memory are refused.
  void fillUp();

  // Checks.
  void expectRefused(const Call& call, const std::string& error);
  /// The script names what it cannot read ({what, endpoint, keys…}), and nothing is written.
  void expectDamaged(const Call& call, const Words& named);
  /// Each key in turn holds a value of another type: an error, and nothing is written.
  void expectTypesChecked(const Call& call);

  const Keys names_{"lull"};
  Settings settings_;
  std::map<std::string, int> endpoints_;        // id → mask: whom fire() passes as subscribers
  std::map<std::string, Lanes> lanes_;          // those of them with lanes: whom fan() passes instead
  std::set<std::string> mailboxes_;             // those with lanes that are mailboxes
  std::set<std::string> called_;                // those of them that are called within requests
  std::map<std::string, std::string> filters_;  // packed, of those that have or had one
  std::map<std::string, std::uint16_t> rates_;  // attempts per second, of those that have a limit
  // What calls that fire windows, or settle, lease in the same step.
  std::int64_t permits_ = 0, fireLimit_ = 16, nextMost_ = 0;
  bool stopsWhenFull_ = false;
  // Who retries and removes letters: a job's number and token, or nobody in particular.
  struct {
    std::int64_t number = 0;
    std::string token;
  } mover_;

 private:
  void become(const std::string& id, Lanes lanes);
  Lanes toldBy(const std::string& id) const;
  bool looksAt(const Call& call, const std::string& key) const;
  void expectConserved();
  void expectGroups();
  void expectConsistent(const std::string& id);
  void expectLanes(const std::string& id);
  void expectSettingOut(const std::string& id, std::size_t waiting);

  lull::testing::RedisServer server_;
  ScriptSet scripts_;
  std::unique_ptr<Connection> connection_;
};

/// Whether the header of a script, the comment at its top, says that it writes nothing.
bool readsOnly(std::string_view text);

/// "1n0", "1n1"…: many keys of one change type.
Words manyKeys(int count);
Stored readStored(std::string_view packed);

}  // namespace lull::redis
