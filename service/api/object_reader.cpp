#include "object_reader.hpp"

#include <algorithm>
#include <bit>

namespace lull::api {

ObjectReader::ObjectReader(const http::Json& json, std::string pointer, InputErrors& errors)
    : object_(json.is_object() ? &json : nullptr), pointer_(std::move(pointer)), errors_(errors) {
  if (object_ == nullptr) errors_.add(pointer_, "It must be a JSON object.");
}

void ObjectReader::allowOnly(std::initializer_list<std::string_view> names) {
  allowOnly([&](std::string_view name) { return std::ranges::find(names, name) != names.end(); });
}

void ObjectReader::allowOnly(const std::function<bool(std::string_view name)>& isKnown) {
  if (object_ == nullptr) return;
  for (const auto& [name, value] : object_->items()) {
    if (!isKnown(name)) note(name, "There is no such property.");
  }
}

void ObjectReader::refuseNulls() const {
  if (object_ == nullptr) return;
  for (const auto& [name, value] : object_->items()) {
    if (value.is_null()) note(name, "It must not be null; leave it out.");
  }
}

const http::Json* ObjectReader::find(std::string_view name) const {
  if (object_ == nullptr) return nullptr;
  const auto found = object_->find(std::string(name));
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

bool ObjectReader::isNull(std::string_view name) const {
  if (object_ == nullptr) return false;
  const auto found = object_->find(std::string(name));
  return found != object_->end() && found->is_null();
}

std::optional<std::string> ObjectReader::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  note(name, "It must be a text.");
  return std::nullopt;
}

std::optional<bool> ObjectReader::boolean(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  note(name, "It must be true or false.");
  return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::number(std::string_view name, std::int64_t least, std::int64_t most) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool fits =
      value->is_number_integer() &&
      (!value->is_number_unsigned() || value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (fits && value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most)
    return value->get<std::int64_t>();
  note(name, "It must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
  return std::nullopt;
}

std::optional<Instant> ObjectReader::instant(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto at = value->is_string() ? parseRfc3339(value->get_ref<const std::string&>()) : std::nullopt;
  if (!at) note(name, "It must be an RFC 3339 time such as 2026-11-23T21:19:06Z.");
  return at;
}

std::optional<std::string> ObjectReader::itemId(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string() && !value->get_ref<const std::string&>().empty()) return value->get<std::string>();
  if (value->is_number_integer()) return value->dump();
  note(name, "It must be a 64-bit integer or a text.");
  return std::nullopt;
}

std::optional<std::vector<std::string>> ObjectReader::texts(std::string_view name, std::size_t most) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array() || value->empty() || value->size() > most) {
    note(name, "It must be a list of 1 to " + std::to_string(most) + " texts.");
    return std::nullopt;
  }
  const auto wrong = std::ranges::find_if(*value, [](const http::Json& one) { return !one.is_string(); });
  if (wrong == value->end()) return value->get<std::vector<std::string>>();
  errors_.add(http::below(http::below(pointer_, name), std::to_string(wrong - value->begin())), "It must be a text.");
  return std::nullopt;
}

std::optional<std::uint32_t> ObjectReader::changeType() const {
  const auto value = number("changeType", 1, kMostChangeType);
  if (!value) return std::nullopt;
  const auto bit = static_cast<std::uint32_t>(*value);
  if (std::has_single_bit(bit)) return bit;
  note("changeType", std::string(kNoChangeType));
  return std::nullopt;
}

std::optional<int> ObjectReader::status() const {
  const auto value = number("status", kLeastStatus, kMostStatus);
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

void ObjectReader::requireAllOrFilter(bool filterIsEmpty) const {
  const auto all = boolean("all");
  if (!filterIsEmpty || all.value_or(false)) return;
  note("all", "Without a filter, \"all\": true must say that everything is meant.");
}

void ObjectReader::note(std::string_view name, std::string detail) const {
  errors_.add(http::below(pointer_, name), std::move(detail));
}

}  // namespace lull::api
