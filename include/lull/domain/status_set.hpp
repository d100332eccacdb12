#pragma once

#include <lull/domain/result.hpp>

#include <bitset>
#include <string>
#include <string_view>

namespace lull {

/// A set of HTTP status codes (100–599), written as a comma-separated list of codes and classes: "2xx", "200,202",
/// "400,405,5xx". A value type; reading it from several threads is safe.
class StatusSet {
 public:
  StatusSet() = default;

  /// Reads the list, which holds no blanks; an empty text is the empty set. The error message names the
  /// wrong entry; the code is InvalidInput.
  static Result<StatusSet> parse(std::string_view text);

  bool contains(int status) const noexcept;
  bool empty() const noexcept { return bits_.none(); }

  /// The lowest status that both sets hold, or 0 when they share none.
  int firstShared(const StatusSet& other) const noexcept;

  /// The canonical text: a full class is written "2xx", everything else as single codes in rising order.
  std::string text() const;

  bool operator==(const StatusSet&) const = default;

 private:
  static constexpr int kFirst = 100;
  static constexpr int kEnd = 600;
  static constexpr int kClassSize = 100;

  std::bitset<kEnd> bits_;
};

}  // namespace lull
