#include "key_table.hpp"

#include <lull/config/key_info.hpp>

namespace lull::config {
namespace {

/// A pipe would end the cell.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}

}  // namespace

std::vector<KeyInfo> keyInfos() {
  std::vector<KeyInfo> infos;
  for (const KeyRow& row : keyRows()) {
    infos.push_back({row.key, row.rule.type, row.rule.allowed, row.defaultText, row.defaultNote, row.rule.isList,
                     row.secrecy == Secrecy::Hidden || row.secrecy == Secrecy::ConnectionString, row.help});
  }
  return infos;
}

std::string markdownTable() {
  std::string table = "| key | type: allowed | default | meaning |\n|---|---|---|---|\n";
  for (const KeyInfo& info : keyInfos()) {
    const std::string defaultCell =
        info.defaultText.empty() ? cell(info.defaultNote) : "`" + cell(info.defaultText) + "`";
    table += "| `" + info.key + "` | " + info.type + ": " + cell(info.allowed) + " | " + defaultCell + " | " +
             cell(info.help) + " |\n";
  }
  return table;
}

}  // namespace lull::config
