#pragma once

#include <lull/domain/result.hpp>
#include <lull/http/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lull::api {

/// Everything that is wrong with one request, told in one response. Bounded, so that a bad bulk body stays a small
/// answer.
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

// What filters of queries and of bodies take alike.
inline constexpr int kLeastStatus = 100;
inline constexpr int kMostStatus = 599;
inline constexpr std::size_t kMostIds = 1000;
inline constexpr std::int64_t kMostChangeType = std::int64_t{1} << 30;
inline constexpr std::string_view kNoChangeType =
    "It must be a single bit, such as one of the values of GET /change-types.";

/// The body's tree; nullopt after noting what is wrong with it.
inline std::optional<http::Json> parseJson(std::string_view text, InputErrors& errors) {
  auto parsed = http::parseJson(text);
  if (auto* fault = std::get_if<http::JsonFault>(&parsed)) {
    errors.add(std::move(fault->pointer), std::move(fault->detail));
    return std::nullopt;
  }
  return std::get<http::Json>(std::move(parsed));
}

}  // namespace lull::api
