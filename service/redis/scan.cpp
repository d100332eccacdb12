#include "scan.hpp"

#include "letter_id.hpp"

#include <algorithm>
#include <cctype>

namespace lull::redis {

std::string writeCursor(const Cursor& cursor) {
  return base64Url(std::to_string(cursor.stage) + "|" + cursor.position.score + "|" + cursor.position.member);
}

Result<Cursor> readCursor(const std::string& text, const Position& start) {
  if (text.empty()) return Cursor{0, start};
  const auto invalid = invalidInput("/cursor", "Not a cursor of this list; leave it out to start at the beginning.");
  const auto bytes = fromBase64Url(text);
  if (!bytes || bytes->size() < 2 || (bytes->at(0) != '0' && bytes->at(0) != '1') || bytes->at(1) != '|')
    return invalid;
  const auto second = bytes->find('|', 2);
  if (second == std::string::npos) return invalid;
  Cursor cursor{bytes->at(0) - '0', {bytes->substr(2, second - 2), bytes->substr(second + 1)}};
  const auto& score = cursor.position.score;
  const bool digits = !score.empty() && score.size() <= 20 &&
                      std::all_of(score.begin(), score.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits && score != "-inf" && score != "+inf") return invalid;
  return cursor;
}

}  // namespace lull::redis
