#include "query.hpp"

#include <lull/http/query_string.hpp>
#include <lull/text/base64.hpp>

#include <algorithm>
#include <bit>
#include <charconv>

namespace lull::api {

namespace {

bool isAmong(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const auto end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

}  // namespace

Query::Query(std::string_view raw, std::string_view allowed, InputErrors& errors) : errors_(errors) {
  read(raw, allowed, "query");
}

Query::Query(std::string_view raw, std::string_view form, std::string_view allowed, InputErrors& errors)
    : errors_(errors) {
  read(raw, allowed, "query");
  if (form.size() <= kMostOfForm) {
    read(form, allowed, "form");
  } else {
    errors_.add("", "A form has at most " + std::to_string(kMostOfForm) + " bytes.");
  }
}

void Query::read(std::string_view raw, std::string_view allowed, std::string_view place) {
  for (auto& parameter : http::splitQuery(raw)) {
    if (!parameter) {
      errors_.add("", "The " + std::string(place) + " is not percent-encoded UTF-8.");
      continue;
    }
    auto& name = parameter->first;
    if (std::ranges::any_of(values_, [&](const auto& one) { return one.first == name; })) {
      errors_.add(name, "This parameter is given more than once.");
      continue;
    }
    if (!isAmong(allowed, name)) errors_.add(name, "There is no such " + std::string(place) + " parameter.");
    values_.push_back(*std::move(parameter));
  }
}

std::optional<std::string> Query::text(std::string_view name) const {
  const auto found = std::ranges::find_if(values_, [&](const auto& one) { return one.first == name; });
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> Query::number(std::string_view name, std::int64_t least, std::int64_t most) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  std::int64_t value = 0;
  const auto* end = given->data() + given->size();
  const auto [stop, error] = std::from_chars(given->data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most) {
    errors_.add(std::string(name),
                "It must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> Query::boolean(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (*given != "true" && *given != "false") {
    errors_.add(std::string(name), "It must be true or false.");
    return std::nullopt;
  }
  return *given == "true";
}

std::optional<Instant> Query::instant(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto at = parseRfc3339(*given);
  if (!at) errors_.add(std::string(name), "It must be an RFC 3339 time such as 2026-11-23T21:19:06Z (write + as %2B).");
  return at;
}

std::optional<std::string> Query::filter(std::string_view name) const {
  auto value = text(name);
  if (!value || !value->empty()) return value;
  errors_.add(std::string(name), "It must not be empty.");
  return std::nullopt;
}

std::optional<std::uint32_t> Query::changeType() const {
  const auto value = number("changeType", 1, kMostChangeType);
  if (!value) return std::nullopt;
  const auto bit = static_cast<std::uint32_t>(*value);
  if (std::has_single_bit(bit)) return bit;
  errors_.add("changeType", std::string(kNoChangeType));
  return std::nullopt;
}

std::optional<int> Query::status() const {
  const auto value = number("status", kLeastStatus, kMostStatus);
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

PageRequest Query::page() const {
  PageRequest request;
  if (const auto limit = number("limit", 1, 500)) request.limit = static_cast<std::size_t>(*limit);
  if (const auto cursor = text("cursor")) {
    auto position = text::fromBase64Url(*cursor);
    if (!position || position->empty()) {
      errors_.add("cursor", "It must be a nextCursor that was given out.");
    } else {
      request.cursor = std::move(*position);
    }
  }
  return request;
}

http::Json nextCursor(std::string_view position) {
  return position.empty() ? http::Json() : http::Json(text::toBase64Url(position));
}

}  // namespace lull::api
