#include <lull/text/ascii.hpp>
#include <lull/text/traceparent.hpp>

#include <algorithm>

namespace lull::text {

namespace {

constexpr std::size_t kFieldsLength = 55;  // version, trace id, parent id and flags, with the dashes between them

bool isLowerHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return isDigit(c) || (c >= 'a' && c <= 'f'); });
}

/// An id of zeros only means that there is none.
bool isTraceField(std::string_view id) {
  return isLowerHex(id) && id.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

bool isTraceparent(std::string_view text) {
  if (text.size() < kFieldsLength || text.size() > kMaxTraceparentLength) return false;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const auto version = text.substr(0, 2);
  const auto further = text.substr(kFieldsLength);
  if (!isLowerHex(version) || version == "ff" || !isLowerHex(text.substr(53, 2))) return false;
  if (!isTraceField(traceIdIn(text)) || !isTraceField(text.substr(36, 16))) return false;
  if (further.empty()) return true;
  return version != "00" && further.front() == '-' &&
         std::ranges::all_of(further, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string_view traceIdIn(std::string_view traceparent) {
  return traceparent.substr(3, 32);
}

}  // namespace lull::text
