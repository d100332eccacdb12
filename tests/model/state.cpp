#include "model/state.hpp"

#include <algorithm>
#include <sstream>
#include <type_traits>

namespace lull::model {

namespace {

std::string printable(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += c >= ' ' && c <= '~' ? c : '.';
  return text;
}

std::string describe(const Content& c) {
  std::ostringstream out;
  out << "upto " << c.upto << " events " << c.events << " occurred " << c.occurred << " winner " << c.winner
      << " trace '" << c.trace << "' payload '" << printable(c.payload) << "'";
  return out.str();
}

std::string describe(const MessageModel& m) {
  std::ostringstream out;
  out << "id " << m.idSequence << " attempted " << m.attempted << (m.attemptedBefore ? "+before" : "") << " attempts "
      << m.attempts << " losses " << m.losses << (m.lostAlone ? "+alone" : "") << (m.alone ? " alone" : "") << " token "
      << m.token << " firstFailed " << m.firstFailed << " age0 " << m.age0 << " due " << m.due << " place " << m.place
      << " windowDue " << m.windowDue << " step " << m.step << " entryDue " << m.entryDue << " leasedUntil "
      << m.leasedUntil.value_or(0) << (m.replay ? " replay" : "") << (m.aside ? " aside" : "") << " item " << m.item
      << " origin " << m.origin << " " << describe(m.content);
  return out.str();
}

std::string describe(const std::vector<AttemptMark>& history) {
  std::ostringstream out;
  for (const auto& mark : history)
    out << " #" << mark.attempt << "/" << mark.outcome << "/" << mark.status << "/" << mark.failure;
  return out.str();
}

template <class Words>
std::string listed(const char* name, const Words& words) {
  std::string text;
  for (const auto& word : words) {
    if constexpr (std::is_same_v<typename Words::value_type, Operation>) {
      text += std::string(" ") + std::string(toString(word));
    } else {
      text += " " + word;
    }
  }
  return text.empty() ? "" : std::string(" ") + name + ":" + text;
}

std::string describe(const auto& types, const auto& operations, const auto& fields, const auto& scopes) {
  return listed("types", types) + listed("operations", operations) + listed("fields", fields) +
         listed("scopes", scopes);
}

std::string describe(const std::optional<FactsModel>& facts) {
  if (!facts) return " of anything";
  return " of" + describe(facts->types, facts->operations, facts->fields, facts->scopes) +
         (facts->anyType ? " any type" : "") + (facts->anyScope ? " any scope" : "") +
         (facts->anyField ? " any field" : "");
}

std::string describe(const Filter& filter) {
  return filter.listsNothing() ? " all" : describe(filter.events, filter.operations, filter.fields, filter.scopes);
}

void describeLanes(const EndpointName& id, const EndpointModel& e, const auto& add) {
  const auto& own = e.own;
  add(id, " kind ", static_cast<int>(e.kind), " stop ", own.stop, " blocked '", own.blocked, "' attemptedAt ",
      own.attemptedAt, " turned ", own.turned, " told ", own.toldFrom, "-", own.toldTo, " full ", own.full,
      " draining ", own.draining, " missed ", own.missed, " ", own.missedFirst, "-", own.missedLast);
  for (const auto& [bit, sequence] : own.since) add(id, " since ", bit, ": ", sequence);
  for (const auto& [key, tombstone] : own.tombstones)
    add(id, " tombstone ", key, " token ", tombstone.token, " until ", tombstone.leasedUntil);
  for (const auto& [lane, keys] : own.lanes) {
    std::string line;
    for (const auto& key : keys) line += " " + key;
    add(id, " lane '", lane, "':", line);
  }
}

}  // namespace

std::vector<std::string> describe(const State& state) {
  std::vector<std::string> lines;
  const auto add = [&](const auto&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    lines.push_back(out.str());
  };
  add("sequence ", state.sequence, " token ", state.token, " letters ", state.letterNumber, " revision ",
      state.revision, " lastFire ", state.lastFire, " lastFan ", state.lastFan, " every ", state.every, " filtered ",
      state.filtered, " fanAt '", state.fanAt, "'");
  for (const auto& event : state.stream)
    add("stream ", event.sequence, " admitted ", event.admitted, " occurred ", event.occurred, " bit ",
        event.changeType, " item ", event.item, " trace '", event.trace, "' payload '", printable(event.payload), "'");
  for (const auto& [name, value] : state.counters) add("counter ", name, " ", value);
  for (const auto& [key, w] : state.windows)
    add("window ", key, " first ", w.first, " #", w.firstSequence, " due ", w.due, describe(w.facts), " ",
        describe(w.content));
  for (const auto& [id, e] : state.endpoints) {
    add(id, " wants", describe(e.filter));
    add(id, " mask ", e.mask, " paused '", e.paused, "' since ", e.pausedSince, " total ", e.pausedTotal, " gate ",
        e.gate, " ramp ", e.ramp, " openUntil ", e.openUntil, " step ", e.openStep, " fails ", e.fails, " streak ",
        e.streak, " sweep ", e.sweep, " version ", e.version, " success ", e.success, " error '", e.error, "' logged ",
        e.logged);
    describeLanes(id, e, add);
    for (const auto& [key, slot] : e.queue) {
      add(id, " message ", key, " ", describe(slot.message), " history", describe(slot.history));
      if (slot.successor) add(id, " successor ", key, " ", describe(*slot.successor));
    }
  }
  for (const auto& [group, retry] : state.retried) add("last retry of ", group, ": ", retry);
  for (const auto& [id, letters] : state.letters) {
    for (const auto& [key, l] : letters) {
      add(id, " letter ", key, " number ", l.number, " death ", l.death, " failure ", l.failure, " reason ", l.reason,
          " status ", l.status, " error '", l.error, "' deadAt ", l.deadAt, " supersededAt ", l.supersededAt, " ",
          describe(l.message), " history", describe(l.history));
    }
  }
  return lines;
}

std::string difference(const State& expected, const State& found) {
  const auto wanted = describe(expected);
  const auto got = describe(found);
  std::string text;
  for (const auto& line : wanted)
    if (std::find(got.begin(), got.end(), line) == got.end()) text += "  - " + line + "\n";
  for (const auto& line : got)
    if (std::find(wanted.begin(), wanted.end(), line) == wanted.end()) text += "  + " + line + "\n";
  return text;
}

}  // namespace lull::model
