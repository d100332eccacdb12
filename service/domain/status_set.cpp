#include <lull/domain/status_set.hpp>

namespace lull {
namespace {

Error wrongEntry(std::string_view entry) {
  return {ErrorCode::InvalidInput,
          "'" + std::string(entry) + "' is neither a status (100-599) nor a class such as 2xx"};
}

}  // namespace

Result<StatusSet> StatusSet::parse(std::string_view text) {
  StatusSet set;
  if (text.empty()) return set;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    if (entry.size() != 3 || entry[0] < '1' || entry[0] > '5') return wrongEntry(entry);
    const int start = (entry[0] - '0') * kClassSize;
    if (entry.substr(1) == "xx" || entry.substr(1) == "XX") {
      for (int status = start; status < start + kClassSize; ++status) set.bits_.set(static_cast<std::size_t>(status));
    } else {
      if (entry.find_first_not_of("0123456789") != std::string_view::npos) return wrongEntry(entry);
      const int status = start + (entry[1] - '0') * 10 + (entry[2] - '0');
      set.bits_.set(static_cast<std::size_t>(status));
    }
    if (comma == std::string_view::npos) return set;
    text.remove_prefix(comma + 1);
  }
}

bool StatusSet::contains(int status) const noexcept {
  return status >= kFirst && status < kEnd && bits_[static_cast<std::size_t>(status)];
}

int StatusSet::firstShared(const StatusSet& other) const noexcept {
  for (int status = kFirst; status < kEnd; ++status) {
    if (contains(status) && other.contains(status)) return status;
  }
  return 0;
}

std::string StatusSet::text() const {
  std::string text;
  const auto append = [&text](const std::string& entry) { text += (text.empty() ? "" : ",") + entry; };
  for (int start = kFirst; start < kEnd; start += kClassSize) {
    int members = 0;
    for (int status = start; status < start + kClassSize; ++status) members += contains(status) ? 1 : 0;
    if (members == kClassSize) {
      append(std::to_string(start / kClassSize) + "xx");
      continue;
    }
    for (int status = start; status < start + kClassSize; ++status) {
      if (contains(status)) append(std::to_string(status));
    }
  }
  return text;
}

}  // namespace lull
