#include "merge.hpp"

#include "key_table.hpp"
#include "setting_text.hpp"

namespace lull::config {
namespace {

using Merged = std::map<std::string, RawValue>;

void dropEntries(Merged& merged, const std::string& listKey) {
  const std::string prefix = listKey + ":";
  auto at = merged.lower_bound(prefix);
  while (at != merged.end() && at->first.starts_with(prefix)) at = merged.erase(at);
}

/// Turns the one-string form of a list into entries, so that one of them can be replaced.
void spread(Merged& merged, const std::string& listKey, const std::string& separators) {
  const auto found = merged.find(listKey);
  if (found == merged.end()) return;
  const RawValue whole = found->second;
  merged.erase(found);
  const auto parts = splitList(whole.text, separators);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string suffix = ":" + std::to_string(i);
    merged.insert_or_assign(listKey + suffix, RawValue{whole.key + suffix, parts[i], whole.source});
  }
}

}  // namespace

Merged mergeLayers(const std::vector<Layer>& layers) {
  Merged merged;
  for (const Layer& layer : layers) {
    // Within a layer "list" sorts before "list:0", so the order of the map is the order that is needed.
    for (const auto& [key, value] : layer.values()) {
      const KeyMatch match = matchKey(key);
      if (match && match.isListEntry) {
        spread(merged, key.substr(0, key.rfind(':')), match.row->rule.separators);
        dropEntries(merged, key);  // an object in its place
      } else if (match && match.row->rule.isList) {
        dropEntries(merged, key);
      } else if (match && match.wildcards.size() > 1) {
        // An object in the place of an entry of a list.
        const auto entry = key.substr(0, key.rfind(':'));
        const auto list = entry.substr(0, entry.rfind(':'));
        if (const auto whole = matchKey(list)) spread(merged, list, whole.row->rule.separators);
        merged.erase(entry);
      }
      merged.insert_or_assign(key, value);
    }
  }
  return merged;
}

}  // namespace lull::config
