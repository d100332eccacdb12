#pragma once

#include "packing.hpp"

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>
#include <lull/redis/connection.hpp>
#include <lull/redis/damage.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// The one way to read a reply of Redis. It may hold anything: there may be a proxy in between, data of another
/// program, or a damaged value. Every reader throws UnreadableValue, and readReply() turns that into an error.
namespace lull::redis {

/// A whole number in decimal digits, with at most a sign, and nothing else.
std::int64_t numberOf(std::string_view text);
std::uint64_t unsignedOf(std::string_view text);
/// The same for numbers that are only shown or added up: a text that is no number reads as 0.
std::uint64_t unsignedOr0(std::string_view text);

/// The score of a sorted set that holds times; its fraction is only a place among messages of one due time
/// (lib/line.lua). An infinite or absurd one becomes the nearest time that can be written.
Instant instantOfScore(std::string_view score);

/// The items of an array reply. A view: the reply outlives it.
class ReplyItems {
 public:
  explicit ReplyItems(const Reply& reply);

  std::size_t size() const { return items_.size(); }
  const Reply& at(std::size_t place) const;
  std::int64_t integer(std::size_t place) const;
  std::uint64_t count(std::size_t place) const;  ///< an integer that is not negative
  const std::string& text(std::size_t place) const;
  const std::string& textOrEmpty(std::size_t place) const;  ///< nil reads as ""
  ReplyItems items(std::size_t place) const { return ReplyItems(at(place)); }

 private:
  const std::vector<Reply>& items_;
};

/// Whether a script answered with what it could not read (`damaged` in lib/types.lua), and what that is.
bool isDamage(const Reply& reply);
Damage damageIn(const Reply& reply);

std::int64_t integerOf(const Reply& reply);
std::uint64_t countOf(const Reply& reply);

/// The error for a reply, or a value in it, that cannot be read. `what` names where it stands: "A queue".
inline Error unreadableError(std::string_view what, const UnreadableValue& why) {
  return {ErrorCode::Internal, std::string(what) + " holds what this version cannot read: " + why.what() + "."};
}

/// What `read` returns, or the error of the UnreadableValue that it threw.
template <class Read>
Result<std::invoke_result_t<Read>> readReply(std::string_view what, Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const UnreadableValue& why) {
    return unreadableError(what, why);
  }
}

}  // namespace lull::redis
