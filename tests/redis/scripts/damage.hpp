#pragma once

#include "harness.hpp"

namespace lull::redis {

/// What the scripts do about a value that they cannot read. The harness checks after each test that I8 holds and that
/// all orders agree.
class DamageScripts : public ScriptHarness {
 protected:
  DamageScripts() {
    for (const auto* id : {"a", "b"}) {
      createEndpoint(id);
      redis({"HSET", names_.registrations(), id, std::string("\x04\0\0\0\x0f\x01\0\0\0\0\0\0\0{}", 15)});
    }
  }
  /// Every way a packed value can be wrong.
  static Words wrongValues(const std::string& right) {
    return {"",
            "x",
            right.substr(0, right.size() / 2),
            right + "x",
            "\x07" + right.substr(1),
            std::string(200, '\xff'),
            right.substr(0, 1) + std::string(40, '\xff'),
            right.substr(0, 1) + std::string(200, '\xff')};
  }
  std::string packed(const std::string& hash, const std::string& name) { return field(hash, name); }

  Reply setMessagesAside(const std::string& id, const Words& keys, const std::string& seen = "") {
    Words arguments{id, text(kNow)};
    for (const auto& key : keys) arguments.insert(arguments.end(), {key, seen});
    return run("aside_messages",
               {names_.meta(), names_.counters(), names_.aside(), names_.wakeIndex(), names_.queue(id),
                names_.messages(id), names_.leases(id), names_.state(id), names_.history(id), names_.behind(id),
                names_.heads(id), names_.setAside(id)},
               arguments);
  }
  Reply setWindowsAside(const Words& keys) {
    return run("aside_windows",
               {names_.meta(), names_.counters(), names_.aside(), names_.windowIndex(), names_.windows()}, keys);
  }
  Reply setLetterAside(const std::string& id, const std::string& key) {
    return run("aside_letters",
               {names_.meta(), names_.counters(), names_.aside(), names_.letterIndex(), names_.letters(id),
                names_.letterOrder(id), names_.groups()},
               {id, key, ""});
  }
  Reply restoreState(const std::string& id) {
    return run("restore_state",
               {names_.meta(), names_.counters(), names_.aside(), names_.registrations(), names_.wakeIndex(),
                names_.queue(id), names_.leases(id), names_.state(id), names_.setAside(id)},
               {id, text(kNow)});
  }
  Reply setKeyAside(const std::string& key, const std::string& type) {
    return run("aside_key", {names_.meta(), names_.counters(), names_.aside(), key, names_.asideKey(key)}, {type});
  }
  Reply balance() {
    Words keys{names_.meta(), names_.counters()};
    for (const auto& [id, mask] : endpoints_) keys.push_back(names_.messages(id));
    return run("balance", keys, {field(names_.meta(), "rev")});
  }
  Call auditCall(const std::string& id) {
    return {
        "audit",
        {names_.meta(), names_.wakeIndex(), names_.queue(id), names_.messages(id), names_.leases(id), names_.state(id),
         names_.behind(id), names_.heads(id), names_.setAside(id), names_.mailboxCalls(), names_.unlockIndex()},
        {id, "0", "100", text(kNow)}};
  }
  Call letterAuditCall(const std::string& id) {
    return {"audit_letters",
            {names_.meta(), names_.letterIndex(), names_.letters(id), names_.letterOrder(id), names_.groups()},
            {id, "0", "100"}};
  }
  /// Which of these endpoints an audit has to look at: 0, 1 (queue), 2 (letters) or 3 for each.
  Call whichCall(const Words& ids) {
    Words keys{names_.meta(),   names_.wakeIndex(),    names_.letterIndex(),
               names_.groups(), names_.mailboxCalls(), names_.unlockIndex()};
    for (const auto& id : ids) {
      keys.insert(keys.end(),
                  {names_.state(id), names_.queue(id), names_.messages(id), names_.leases(id), names_.behind(id),
                   names_.heads(id), names_.setAside(id), names_.letters(id), names_.letterOrder(id)});
    }
    return {"audit_which", keys, ids};
  }
  std::vector<std::int64_t> which(const Words& ids) {
    std::vector<std::int64_t> looks;
    for (const auto& item : run(whichCall(ids)).items) looks.push_back(item.integer);
    return looks;
  }
  Call windowAuditCall() {
    return {"audit_windows", {names_.meta(), names_.windowIndex(), names_.windows()}, {"0", "100"}};
  }
};

}  // namespace lull::redis
