#include <lull/text/ascii.hpp>
#include <lull/text/nearest.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace lull::text {

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& names) {
  const auto lower = lowerCase(text);
  std::string_view found;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto name : names) {
    const auto distance = editDistance(lower, lowerCase(name));
    if (distance >= least) continue;
    least = distance;
    found = name;
  }
  return found;
}

}  // namespace lull::text
