#include <lull/domain/outbox.hpp>

#include <algorithm>

namespace lull {

namespace {

constexpr std::size_t kMostNameCharacters = 128;
constexpr std::size_t kMostNames = 3;
constexpr std::array kNeeded{OutboxPart::Id, OutboxPart::Type, OutboxPart::ItemId, OutboxPart::BaseId,
                             OutboxPart::Error};

bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continuesName(char c) {
  return isLetter(c) || (c >= '0' && c <= '9') || c == '$' || c == '#';
}

std::string_view withoutBlanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Error bad(std::string what) {
  return {ErrorCode::InvalidInput, std::move(what)};
}

}  // namespace

bool isSqlName(std::string_view text) {
  return !text.empty() && text.size() <= kMostNameCharacters && isLetter(text.front()) &&
         std::ranges::all_of(text, continuesName);
}

bool isTableName(std::string_view text) {
  for (std::size_t names = 1; names <= kMostNames; ++names) {
    const auto point = text.find('.');
    if (!isSqlName(text.substr(0, point))) return false;
    if (point == std::string_view::npos) return true;
    text.remove_prefix(point + 1);
  }
  return false;
}

Result<OutboxColumns> parseOutboxColumns(std::string_view text) {
  OutboxColumns columns;
  while (true) {
    const auto comma = text.find(',');
    const auto entry = withoutBlanks(text.substr(0, comma));
    const auto equals = entry.find('=');
    const auto part = withoutBlanks(entry.substr(0, equals));
    const auto known = std::ranges::find(kOutboxParts, part);
    if (equals == std::string_view::npos) return bad("has an entry without '='");
    if (known == kOutboxParts.end()) return bad("names a part that there is not: '" + std::string(part) + "'");
    const auto column = withoutBlanks(entry.substr(equals + 1));
    if (!isSqlName(column)) return bad("gives " + std::string(part) + " a column that is no plain SQL name");
    auto& name = columns.names.at(static_cast<std::size_t>(known - kOutboxParts.begin()));
    if (!name.empty()) return bad("names " + std::string(part) + " twice");
    name = column;
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  for (const auto part : kNeeded) {
    if (columns[part].empty()) return bad("has no column for " + std::string(kOutboxParts.at(indexOf(part))));
  }
  return columns;
}

}  // namespace lull
