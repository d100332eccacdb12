#include "filters.hpp"

#include <bit>

namespace lull::api {

namespace {

constexpr std::string_view kNoChangeType = "It must be a single bit, such as one of the values of GET /change-types.";
constexpr std::int64_t kMostChangeType = std::int64_t{1} << 30;

}  // namespace

std::optional<std::uint32_t> changeTypeFilter(const Query& query, InputErrors& errors) {
  if (!query.text("changeType")) return std::nullopt;
  const auto value = query.number("changeType", 1, kMostChangeType);
  if (!value) return std::nullopt;
  const auto bit = static_cast<std::uint32_t>(*value);
  if (std::has_single_bit(bit)) return bit;
  errors.add("changeType", std::string(kNoChangeType));
  return std::nullopt;
}

std::optional<std::uint32_t> changeTypeFilter(const ObjectReader& body) {
  const auto value = body.number("changeType", 1, kMostChangeType);
  if (!value) return std::nullopt;
  const auto bit = static_cast<std::uint32_t>(*value);
  if (std::has_single_bit(bit)) return bit;
  body.note("changeType", std::string(kNoChangeType));
  return std::nullopt;
}

std::optional<std::string> textFilter(const Query& query, std::string_view name, InputErrors& errors) {
  auto value = query.text(name);
  if (value && value->empty()) {
    errors.add(std::string(name), "It must not be empty.");
    return std::nullopt;
  }
  return value;
}

void requireAllOrFilter(const ObjectReader& body, bool filterIsEmpty, InputErrors& errors) {
  const auto all = body.boolean("all");
  if (!filterIsEmpty || all.value_or(false)) return;
  errors.add("/all", "Without a filter, \"all\": true must say that everything is meant.");
}

}  // namespace lull::api
