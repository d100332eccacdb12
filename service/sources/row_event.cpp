#include <lull/sources/row_event.hpp>
#include <lull/text/ascii.hpp>

#include <algorithm>

namespace lull::sources {

namespace {

constexpr std::size_t kDateLength = 10;  // 2026-11-28

std::optional<std::string> textOf(const ports::OutboxRow& row, OutboxPart part) {
  const auto& value = row[part];
  return value ? std::optional(value->text) : std::nullopt;
}

/// The offset that a time ends with, as RFC 3339 writes it; "" when it is none of these forms.
std::string offsetOf(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return "Z";
  const auto digits = text.substr(1);
  const auto isOffset = [](char c) { return (c >= '0' && c <= '9') || c == ':'; };
  if (!std::ranges::all_of(digits, isOffset)) return "";
  std::string offset(text);
  if (digits.size() == 2) return offset + ":00";
  if (digits.size() == 4) return offset.substr(0, 3) + ":" + offset.substr(3);
  return offset;
}

}  // namespace

std::string rfc3339Of(const std::string& text) {
  const auto time = text::trimmed(text);
  if (time.size() <= kDateLength) return text;
  const auto end = std::min(time.find_first_of("+-Zz", kDateLength), time.size());
  const auto offset = offsetOf(text::trimmed(time.substr(end)));
  if (offset.empty()) return text;
  std::string result(text::trimmed(time.substr(0, end)));
  if (result[kDateLength] == ' ') result[kDateLength] = 'T';
  return result + offset;
}

ports::EventParts partsOf(const ports::OutboxRow& row) {
  ports::EventParts parts;
  parts.id = textOf(row, OutboxPart::Id).value_or("");
  parts.type = textOf(row, OutboxPart::Type);
  parts.itemId = row[OutboxPart::ItemId];
  parts.baseId = row[OutboxPart::BaseId];
  if (const auto& time = row[OutboxPart::OccurredAt]) parts.occurredAt = rfc3339Of(time->text);
  parts.data = textOf(row, OutboxPart::Data);
  parts.operation = textOf(row, OutboxPart::Operation);
  parts.scope = textOf(row, OutboxPart::Scope);
  parts.changedFields = textOf(row, OutboxPart::ChangedFields);
  parts.traceparent = textOf(row, OutboxPart::Traceparent);
  return parts;
}

std::optional<Instant> writtenAt(const ports::OutboxRow& row) {
  const auto& value = row[OutboxPart::WrittenAt];
  return value ? parseRfc3339(rfc3339Of(value->text)) : std::nullopt;
}

}  // namespace lull::sources
