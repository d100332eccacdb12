#include "filters.hpp"

namespace lull::api {

namespace {

constexpr std::string_view kNoChangeType = "It must be one of the values of GET /change-types.";

}  // namespace

std::optional<std::uint32_t> changeTypeFilter(const Query& query, const Catalogue& catalogue, InputErrors& errors) {
  if (!query.text("changeType")) return std::nullopt;
  const auto value = query.number("changeType", 1, catalogue.mask());
  if (!value) return std::nullopt;
  const auto bit = static_cast<std::uint32_t>(*value);
  if (catalogue.ofValue(bit) != nullptr) return bit;
  errors.add("changeType", std::string(kNoChangeType));
  return std::nullopt;
}

std::optional<std::uint32_t> changeTypeFilter(const ObjectReader& body, const Catalogue& catalogue) {
  const auto value = body.number("changeType", 1, catalogue.mask());
  if (!value) return std::nullopt;
  const auto bit = static_cast<std::uint32_t>(*value);
  if (catalogue.ofValue(bit) != nullptr) return bit;
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
