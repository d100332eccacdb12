#pragma once

#include <lull/domain/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::api {

/// Everything that is wrong with one request, told in one reply. Bounded, so that a bad bulk body stays a small answer.
class InputErrors {
 public:
  static constexpr std::size_t kMost = 100;

  void add(std::string pointer, std::string detail) {
    ++count_;
    if (fields_.size() < kMost) fields_.push_back({std::move(pointer), std::move(detail)});
  }
  bool empty() const { return count_ == 0; }
  bool full() const { return fields_.size() >= kMost; }

  Error toError() const {
    std::string message = "The request is not valid.";
    if (count_ > fields_.size()) message += " Only the first " + std::to_string(kMost) + " errors are listed.";
    return {ErrorCode::InvalidInput, std::move(message), fields_};
  }

 private:
  std::vector<FieldError> fields_;
  std::size_t count_ = 0;
};

/// RFC 6901: `pointer` extended by a member name. Long names are cut: they came from a stranger.
inline std::string below(std::string_view pointer, std::string_view name) {
  constexpr std::size_t kMostOfName = 200;
  std::string out(pointer);
  out += '/';
  for (const char c : name.substr(0, kMostOfName)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace lull::api
