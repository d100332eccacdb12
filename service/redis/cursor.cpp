#include "cursor.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>

#include <charconv>

namespace lull::redis {

namespace {

// Whether it is a time as Redis writes scores: digits, and behind a point the place in the line (lib/line.lua).
bool isNumber(std::string_view score) {
  const auto point = score.find('.');
  return score.size() <= 20 && text::isAllDigits(score.substr(0, point)) &&
         (point == std::string_view::npos || text::isAllDigits(score.substr(point + 1)));
}

// Takes "<number>|" off the front; nothing when it does not stand there or is greater than `most`.
std::optional<unsigned> numberBefore(std::string_view& rest, unsigned most) {
  unsigned number = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (failure != std::errc{} || number > most) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (!rest.starts_with('|')) return std::nullopt;
  rest.remove_prefix(1);
  return number;
}

}  // namespace

std::string writeCursor(const Cursor& cursor) {
  return text::toBase64Url(std::to_string(cursor.shard) + "|" + std::to_string(cursor.stage) + "|" +
                           cursor.position.score + "|" + cursor.position.member);
}

Result<Cursor> readCursor(const std::string& text, const Position& start, int stages) {
  if (text.empty()) return Cursor{0, start};
  const auto invalid = invalidInput("/cursor", "Not a cursor of this list; leave it out to start at the beginning.");
  const auto bytes = text::fromBase64Url(text);
  if (!bytes) return invalid;
  std::string_view rest = *bytes;
  const auto shard = numberBefore(rest, kShards - 1);
  const auto stage = numberBefore(rest, static_cast<unsigned>(stages - 1));
  const auto bar = rest.find('|');
  if (!shard || !stage || bar == std::string_view::npos) return invalid;
  Cursor cursor{
      static_cast<int>(*stage), {std::string(rest.substr(0, bar)), std::string(rest.substr(bar + 1))}, *shard};
  const auto& score = cursor.position.score;
  if (!isNumber(score) && score != "-inf" && score != "+inf") return invalid;
  return cursor;
}

}  // namespace lull::redis
