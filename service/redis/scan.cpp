#include "scan.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>

namespace lull::redis {

namespace {

// As Redis writes the score of a time: digits, and behind a point the place within the millisecond (lib/line.lua).
bool isNumber(std::string_view score) {
  const auto point = score.find('.');
  return score.size() <= 20 && text::isAllDigits(score.substr(0, point)) &&
         (point == std::string_view::npos || text::isAllDigits(score.substr(point + 1)));
}

}  // namespace

std::string writeCursor(const Cursor& cursor) {
  return text::toBase64Url(std::to_string(cursor.stage) + "|" + cursor.position.score + "|" + cursor.position.member);
}

Result<Cursor> readCursor(const std::string& text, const Position& start) {
  if (text.empty()) return Cursor{0, start};
  const auto invalid = invalidInput("/cursor", "Not a cursor of this list; leave it out to start at the beginning.");
  const auto bytes = text::fromBase64Url(text);
  if (!bytes || bytes->size() < 2 || (bytes->at(0) != '0' && bytes->at(0) != '1') || bytes->at(1) != '|')
    return invalid;
  const auto second = bytes->find('|', 2);
  if (second == std::string::npos) return invalid;
  Cursor cursor{bytes->at(0) - '0', {bytes->substr(2, second - 2), bytes->substr(second + 1)}};
  const auto& score = cursor.position.score;
  if (!isNumber(score) && score != "-inf" && score != "+inf") return invalid;
  return cursor;
}

}  // namespace lull::redis
