#pragma once

#include <lull/domain/endpoint.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

/// Items are spread over shards, each wholly in one. There is one shard today, number 0.
using ShardNumber = unsigned;
inline constexpr ShardNumber kShards = 1;

/// The names of all keys of one shard: "{<prefix>:<shard, two digits>}:<name>". The hash tag keeps a shard on one
/// cluster node. Immutable.
class Keys {
 public:
  explicit Keys(std::string_view prefix, ShardNumber shard = 0)
      : tag_("{" + std::string(prefix) + (shard < 10 ? ":0" : ":") + std::to_string(shard) + "}:") {}

  std::string meta() const { return tag_ + "meta"; }            ///< hash: schema, epoch, run, seq, rev, clock…
  std::string signs() const { return tag_ + "signs"; }          ///< zset "<slot>:<nonce>" → until when it is valid
  std::string counters() const { return tag_ + "counters"; }    ///< hash: what I8 adds up
  std::string windowIndex() const { return tag_ + "windows"; }  ///< zset item key → due
  std::string windows() const { return tag_ + "window"; }       ///< hash item key → packed window
  std::string registrations() const { return tag_ + "endpoints"; }  ///< hash endpoint id → registration
  std::string deletedNames() const { return tag_ + "deleted"; }  ///< hash id → owner and name of a deleted endpoint
  std::string wakeIndex() const { return tag_ + "wake"; }        ///< zset endpoint id → when to look at it
  std::string letterIndex() const { return tag_ + "dead"; }      ///< zset "<id>|<message key>" → deadAt
  std::string groups() const { return tag_ + "groups"; }         ///< zset of dead letters by cause: see lib/group.lua
  std::string retried() const { return tag_ + "retried"; }       ///< hash group → its last retry: see lib/retried.lua
  std::string jobOrder() const { return tag_ + "jobs"; }         ///< zset number of a job → the same
  std::string jobs() const { return tag_ + "job"; }              ///< hash: see lib/job.lua
  std::string sources() const { return tag_ + "sources"; }       ///< hash: see lib/source.lua
  std::string eventIds() const { return tag_ + "ids"; }          ///< hash digest of an idempotency id → sequence
  std::string eventIdOrder() const { return tag_ + "idsby"; }    ///< zset idempotency id → until when
  std::string createdBy() const { return tag_ + "created"; }     ///< hash digest of an Idempotency-Key → endpoint
  std::string createdByOrder() const { return tag_ + "createdby"; }  ///< zset Idempotency-Key → until when
  /// The name that a key gets when its value has a wrong type; and a key's name without the tag, as alerts show it.
  std::string asideKey(const std::string& key) const { return tag_ + "aside:" + bare(key); }
  std::string bare(const std::string& key) const { return key.starts_with(tag_) ? key.substr(tag_.size()) : key; }
  std::string aside() const { return tag_ + "aside"; }        ///< hash: what could not be read, see lib/aside.lua
  std::string alertOrder() const { return tag_ + "alerts"; }  ///< zset "<kind>|<subject>" → when
  std::string alerts() const { return tag_ + "alert"; }       ///< hash "<kind>|<subject>" → count and sentence

  std::string changed() const { return tag_ + "changed"; }  ///< hash item key → its last change, see lib/changes.lua

  std::string historyNow() const { return tag_ + "historynow"; }  ///< hash: what is being counted, see lib/history.lua
  std::string history() const { return tag_ + "history"; }        ///< hash: what was counted, in pieces of an hour

  std::string queueOwners() const { return tag_ + "queues"; }      ///< hash digest of broker and queue → id
  std::string mailboxNames() const { return tag_ + "mailnames"; }  ///< hash digest of owner and name → id
  std::string mailboxCalls() const { return tag_ + "mailboxes"; }  ///< zset id → when its client called last
  std::string unlockIndex() const { return tag_ + "unlock"; }      ///< zset id → when its next lock runs out
  std::string mailed() const { return tag_ + "mailed"; }           ///< zset id → number of its latest notice
  std::string mailChannel() const { return tag_ + "mail"; }        ///< no key: where notices are published

  std::string stream() const { return tag_ + "stream"; }  ///< list: events for endpoints that take every one
  /// Names the last batch of a process that ended inside a request (admit.lua).
  std::string part(const std::string& process) const { return tag_ + "part:" + process; }

  std::string queue(const EndpointId& id) const { return tag_ + "q:" + id; }     ///< zset message key → due
  std::string messages(const EndpointId& id) const { return tag_ + "m:" + id; }  ///< hash message key → packed message
  std::string leases(const EndpointId& id) const { return tag_ + "l:" + id; }    ///< zset message key → lease expiry
  std::string state(const EndpointId& id) const { return tag_ + "s:" + id; }     ///< hash: see lib/endpoint.lua
  // Of endpoints with lanes (lib/lane.lua):
  std::string behind(const EndpointId& id) const { return tag_ + "b:" + id; }  ///< zset message key, all scores 0
  std::string heads(const EndpointId& id) const { return tag_ + "h:" + id; }   ///< hash: heads of lanes, and tombstones
  std::string setAside(const EndpointId& id) const { return tag_ + "x:" + id; }  ///< zset message key → due
  /// These three, in the order in which scripts take them.
  std::vector<std::string> lanes(const EndpointId& id) const { return {behind(id), heads(id), setAside(id)}; }
  std::string history(const EndpointId& id) const { return tag_ + "t:" + id; }  ///< hash message key → failed attempts
  std::string attempts(const EndpointId& id) const { return tag_ + "a:" + id; }  ///< list of the last 200 attempts
  std::string attemptCounts(const EndpointId& id) const {
    return tag_ + "n:" + id;
  }  ///< string: attempts and failures by five minutes (history_note.lua)
  std::string letters(const EndpointId& id) const {
    return tag_ + "d:" + id;
  }  ///< hash message key → packed dead letter
  std::string letterOrder(const EndpointId& id) const { return tag_ + "z:" + id; }  ///< zset message key → deadAt

 private:
  std::string tag_;
};

}  // namespace lull::redis
