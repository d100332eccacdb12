#pragma once

#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>
#include <lull/redis/keys.hpp>

#include <string>
#include <string_view>

namespace lull::redis {

/// A place in a sorted set: the members after (score, member) are still to be read. The first page starts at an open
/// score.
struct Position {
  std::string score = "-inf";
  std::string member;
};

/// Position ↔ opaque cursor. `stage` tells lists that walk several sets which one the position is in, `shard` which
/// shard's.
struct Cursor {
  int stage = 0;
  Position position;
  ShardNumber shard = 0;
};
std::string writeCursor(const Cursor& cursor);
/// InvalidInput with pointer "/cursor" for a text that writeCursor() did not make for a list of so many stages.
Result<Cursor> readCursor(const std::string& text, const Position& start, int stages = 1);

/// How many members one script call may look at: keeps Redis free for others.
inline constexpr std::size_t kScanChunk = 500;
/// How many members one page request may look at before it returns what it has, with a cursor.
inline constexpr std::size_t kScanBudget = 100'000;

}  // namespace lull::redis
