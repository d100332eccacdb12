#include "bind.hpp"

#include "key_table.hpp"
#include "setting_text.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <string_view>

namespace lull::config {
namespace {

/// The values of one key; a list has an entry per index, everything else exactly one.
struct Given {
  const KeyRow* row = nullptr;
  std::string key;  ///< as written, without the index of a list's entry
  std::vector<std::string> wildcards;
  std::map<std::size_t, RawValue> entries;
  bool wholeList = false;  ///< a list in its one-string form
};

using GivenByKey = std::map<std::string, Given>;

void reportUnknown(const RawValue& value, Findings& findings) {
  const auto segments = keySegments(value.key);
  const bool ourSection = std::any_of(keyRows().begin(), keyRows().end(), [&](const KeyRow& row) {
    return text::equalsIgnoringCase(keySegments(row.key)[0], segments[0]);
  });
  // null, {} and [] flatten to an empty text and say nothing.
  if (!ourSection || value.text.empty()) return;
  findings.warnings.push_back(text::printable(value.key) + ": unknown key (" + value.source +
                              "); the nearest known key is " + text::printable(nearestKey(value.key)));
}

GivenByKey groupByKey(const std::map<std::string, RawValue>& merged, Findings& findings) {
  GivenByKey groups;
  for (const auto& [lowerKey, value] : merged) {
    KeyMatch match = matchKey(lowerKey);
    if (!match) {
      reportUnknown(value, findings);
      continue;
    }
    const auto colon = match.isListEntry ? value.key.rfind(':') : std::string::npos;
    Given& given = groups[lowerKey.substr(0, colon)];
    given.row = match.row;
    given.key = value.key.substr(0, colon);
    given.wildcards = std::move(match.wildcards);
    given.wholeList = match.row->rule.isList && !match.isListEntry;
    const std::size_t index = match.isListEntry ? std::stoul(lowerKey.substr(colon + 1)) : 0;
    given.entries.emplace(index, value);
  }
  return groups;
}

/// The distinct indexes at `prefix`, in rising order: their positions are those in the settings' vector. `outer` is the
/// index of the object that the list is in, if there is one.
std::vector<std::string> indexesOf(const GivenByKey& groups, std::string_view prefix, const std::string& outer = "") {
  std::set<std::pair<std::size_t, std::string>> indexes;
  for (const auto& [key, given] : groups) {
    if (!given.row->key.starts_with(prefix) || !(outer.empty() || given.wildcards[0] == outer)) continue;
    const auto& index = given.wildcards[outer.empty() ? 0 : 1];
    indexes.emplace(std::stoul(index), index);
  }
  std::vector<std::string> result;
  result.reserve(indexes.size());
  for (const auto& [number, text] : indexes) result.push_back(text);
  return result;
}

/// The key as the table spells it, with the indexes of this value.
std::string canonicalKey(const Given& given) {
  auto pattern = keySegments(given.row->key);
  auto wildcard = given.wildcards.begin();
  const auto written = keySegments(given.key);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!pattern[i].starts_with('{')) continue;
    // A category keeps the case it was written in; the wildcard is lower case.
    pattern[i] = i < written.size() ? written[i] : *wildcard;
    ++wildcard;
  }
  return join(pattern, ":");
}

class Binder {
 public:
  explicit Binder(Findings& findings) : findings_(findings) {}

  Bound run(const GivenByKey& groups) {
    bound_.apiKeyIndexes = indexesOf(groups, "Authentication:ApiKeys:{i}:");
    bound_.changeTypeIndexes = indexesOf(groups, "ChangeTypes:{i}:");
    bound_.settings.authentication.apiKeys.resize(bound_.apiKeyIndexes.size());
    bound_.settings.changeTypes.resize(bound_.changeTypeIndexes.size());
    for (std::size_t i = 0; i < bound_.changeTypeIndexes.size(); ++i) {
      bound_.eventIndexes.push_back(indexesOf(groups, "ChangeTypes:{i}:Events:{j}:", bound_.changeTypeIndexes[i]));
      bound_.settings.changeTypes[i].events.resize(bound_.eventIndexes[i].size());
    }
    bound_.formatIndexes = indexesOf(groups, "Formats:{i}:");
    bound_.settings.formats.resize(bound_.formatIndexes.size());
    bound_.brokerIndexes = indexesOf(groups, "Brokers:{i}:");
    bound_.settings.brokers.resize(bound_.brokerIndexes.size());
    bound_.sourceIndexes = indexesOf(groups, "Sources:{i}:");
    bound_.settings.sources.resize(bound_.sourceIndexes.size());
    for (const KeyRow& row : keyRows()) {
      bool found = false;
      for (const auto& [key, given] : groups) {
        if (given.row != &row) continue;
        found = true;
        readGiven(given);
      }
      if (!found && !row.isPattern()) readDefault(row);
    }
    return std::move(bound_);
  }

 private:
  void readDefault(const KeyRow& row) {
    bound_.lines.push_back({row.key, row.defaultText, "default"});
    if (row.defaultText.empty()) return;
    RuleTarget target{bound_.settings};
    row.rule.read(row.rule.isList ? splitList(row.defaultText, row.rule.separators) : std::vector{row.defaultText},
                  target);
  }

  void readGiven(const Given& given) {
    const KeyRow& row = *given.row;
    const std::string key = canonicalKey(given);
    std::vector<RawValue> values;
    if (given.wholeList) {
      const RawValue& whole = given.entries.begin()->second;
      for (auto& part : splitList(whole.text, row.rule.separators)) {
        if (!part.empty() || !row.rule.ignoresEmptyEntries) values.push_back({key, part, whole.source});
      }
    } else {
      for (const auto& [index, value] : given.entries) values.push_back(value);
    }
    addLine(given, key, values);
    const bool isUnset = !row.rule.isList && trimmed(values[0].text).empty() && row.defaultText.empty();
    if (isUnset && !row.isPattern()) return;
    bound_.given.insert(text::lowerCase(key));
    read(given, key, values);
  }

  void addLine(const Given& given, const std::string& key, const std::vector<RawValue>& values) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    std::vector<std::string> sources;
    for (const auto& [index, value] : given.entries) {
      if (std::find(sources.begin(), sources.end(), value.source) == sources.end()) sources.push_back(value.source);
    }
    for (const RawValue& value : values) texts.push_back(value.text);
    bound_.lines.push_back(
        {key, shownValue(*given.row, join(texts, given.row->rule.separators.substr(0, 1))), join(sources, ", ")});
  }

  void read(const Given& given, const std::string& key, const std::vector<RawValue>& values) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const RawValue& value : values) texts.push_back(value.text);
    const KeyRow& row = *given.row;
    RuleTarget target = targetOf(given);
    const auto remarks = row.rule.read(texts, target);
    for (std::size_t i = 0; i < remarks.size(); ++i) {
      const std::string shown = shownValue(row, values[i].text);
      if (!remarks[i].problem.empty()) {
        bound_.invalid.insert(text::lowerCase(key));
        findings_.problems.push_back(
            describe(key, shown, values[i].source, remarks[i].problem + "; allowed: " + row.rule.allowed));
      }
      if (!remarks[i].warning.empty()) {
        findings_.warnings.push_back(describe(key, shown, values[i].source, remarks[i].warning));
      }
    }
  }

  RuleTarget targetOf(const Given& given) {
    RuleTarget target{bound_.settings};
    if (given.wildcards.empty()) return target;
    target.name = keySegments(canonicalKey(given)).back();
    target.index = placeOf(given.wildcards[0], indexesOfSection(given.row->key));
    if (given.wildcards.size() > 1) target.inner = placeOf(given.wildcards[1], bound_.eventIndexes[target.index]);
    return target;
  }

  static std::size_t placeOf(const std::string& index, const std::vector<std::string>& indexes) {
    return static_cast<std::size_t>(std::find(indexes.begin(), indexes.end(), index) - indexes.begin());
  }

  const std::vector<std::string>& indexesOfSection(std::string_view key) const {
    if (key.starts_with("ChangeTypes:")) return bound_.changeTypeIndexes;
    if (key.starts_with("Brokers:")) return bound_.brokerIndexes;
    if (key.starts_with("Sources:")) return bound_.sourceIndexes;
    return key.starts_with("Formats:") ? bound_.formatIndexes : bound_.apiKeyIndexes;
  }

  Findings& findings_;
  Bound bound_;
};

}  // namespace

ConfigLine* Bound::line(std::string_view key) {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [key](const ConfigLine& line) { return text::equalsIgnoringCase(line.key, key); });
  return found == lines.end() ? nullptr : &*found;
}

bool Bound::isGiven(std::string_view key) const {
  return given.contains(text::lowerCase(key));
}

Bound bind(const std::map<std::string, RawValue>& merged, Findings& findings) {
  return Binder(findings).run(groupByKey(merged, findings));
}

std::string describe(const std::string& key, const std::string& value, const std::string& source,
                     const std::string& what) {
  return text::printable(key) + " = " + inQuotes(value) + " (" + source + "): " + what;
}

}  // namespace lull::config
