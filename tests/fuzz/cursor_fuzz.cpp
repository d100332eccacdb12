#include "api/query.hpp"
#include "fuzz.hpp"
#include "redis/cursor.hpp"

#include <lull/text/base64.hpp>

#include <algorithm>
#include <string_view>

namespace {

using namespace lull;

bool isDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool isScore(const std::string& score) {
  const auto point = std::min(score.find('.'), score.size());
  const bool fraction = point == score.size() || isDigits(std::string_view(score).substr(point + 1));
  return (isDigits(std::string_view(score).substr(0, point)) && fraction) || score == "-inf" || score == "+inf";
}

/// Stages of the list that walks the most sets: the waiting messages of an endpoint.
constexpr int listStages = 4;

/// The store's cursor, which goes into a range of a sorted set.
void readFromStore(const std::string& text) {
  const redis::Position start{"+inf", "start"};
  const auto cursor = redis::readCursor(text, start, listStages);
  if (!cursor) {
    fuzz::require(cursor.error().code == ErrorCode::InvalidInput, "another text is the client's mistake");
    return;
  }
  const auto& [score, member] = cursor->position;
  fuzz::require(cursor->stage >= 0 && cursor->stage < listStages, "a position is in one of the list's stages");
  fuzz::require(isScore(score), "a position is a number");
  fuzz::require(!text.empty() || member == start.member, "no cursor begins at the start");
  const auto again = redis::readCursor(redis::writeCursor(*cursor), start, listStages);
  fuzz::require(
      again && again->stage == cursor->stage && again->position.score == score && again->position.member == member,
      "a position survives being handed out");
}

}  // namespace

/// The cursor of a list as a client hands it back: raw in the query, decoded, and made of any position.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  readFromStore(text);
  api::InputErrors errors;
  const api::Query query("cursor=" + text, "cursor", errors);
  const auto page = query.page();
  fuzz::require(page.cursor.empty() || errors.empty() || text.find('&') != std::string::npos, "a cursor or an error");
  readFromStore(page.cursor);
  // Whatever position a list ends at, its client can go on from there.
  const auto shown = api::nextCursor(text);
  fuzz::require(shown.is_null() == text.empty(), "only the end has no cursor");
  if (!shown.is_null()) {
    fuzz::require(text::fromBase64Url(shown.get<std::string>()) == text, "a cursor survives being handed out");
  }
  return 0;
}
