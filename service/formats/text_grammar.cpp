#include "text_grammar.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/json_text.hpp>
#include <lull/text/nearest.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace lull::formats {

namespace {

using FieldName = std::pair<std::string_view, Field>;
constexpr auto kFieldNames = std::to_array<FieldName>({
    {"itemId", Field::ItemId},
    {"baseId", Field::BaseId},
    {"idName", Field::IdName},
    {"changeType", Field::ChangeType},
    {"changeTypeName", Field::ChangeTypeName},
    {"eventType", Field::EventType},
    {"operation", Field::Operation},
    {"resource", Field::Resource},
    {"resourceIdName", Field::ResourceIdName},
    {"scope", Field::Scope},
    {"sequence", Field::Sequence},
    {"eventCount", Field::EventCount},
    {"occurredAt", Field::OccurredAt},
    {"sentAt", Field::SentAt},
    {"data", Field::Data},
    {"messageId", Field::MessageId},
    {"uuid", Field::Uuid},
});
constexpr std::string_view kValuePrefix = "value.";

std::string braced(std::string_view inner) {
  constexpr std::size_t kMostShown = 100;
  return "{" + std::string(inner.substr(0, kMostShown)) + (inner.size() > kMostShown ? "…}" : "}");
}

std::string_view nearestField(std::string_view name) {
  if (text::lowerCase(name).starts_with("value")) return "value.NAME";
  std::vector<std::string_view> names;
  names.reserve(kFieldNames.size());
  for (const auto& [known, field] : kFieldNames) names.push_back(known);
  return text::nearest(name, names);
}

/// Reads what stands between one pair of braces. What is wrong goes into `faults`.
class PlaceholderReader {
 public:
  PlaceholderReader(std::string_view inner, const Values& values, std::vector<std::string>& faults)
      : inner_(inner), values_(values), faults_(faults) {}

  std::optional<Part> read() {
    auto rest = inner_;
    const auto name = next(rest);
    if (name.empty()) return fail("names nothing; a placeholder is such as {itemId}, and {{ is a brace");
    const bool known = name.starts_with(kValuePrefix) ? value(name.substr(kValuePrefix.size())) : field(name);
    if (!known) return std::nullopt;
    while (more_) {
      if (!form(next(rest))) return std::nullopt;
    }
    return std::move(part_);
  }

 private:
  std::optional<Part> fail(const std::string& what) {
    faults_.push_back(braced(inner_) + " " + what + ".");
    return std::nullopt;
  }
  bool refuse(const std::string& what) { return fail(what).has_value(); }

  /// Takes what stands before the next colon.
  std::string_view next(std::string_view& rest) {
    const auto colon = rest.find(':');
    const auto taken = rest.substr(0, colon);
    more_ = colon != std::string_view::npos;
    rest.remove_prefix(more_ ? colon + 1 : rest.size());
    return taken;
  }

  bool field(std::string_view name) {
    const auto* const found = std::ranges::find(kFieldNames, name, &FieldName::first);
    if (found == kFieldNames.end()) return refuse("is no placeholder; the nearest is " + braced(nearestField(name)));
    part_.field = found->second;
    return true;
  }

  bool value(std::string_view name) {
    const auto found = values_.find(text::lowerCase(name));
    if (found != values_.end()) {
      part_.literal = found->second;
      return true;
    }
    std::vector<std::string_view> names;
    for (const auto& [known, text] : values_) names.push_back(known);
    const auto nearest = text::nearest(name, names);
    return refuse("needs FormatValues:" + std::string(name) + ", which nothing sets" +
                  (nearest.empty() ? "" : "; the nearest that is set is FormatValues:" + std::string(nearest)));
  }

  bool form(std::string_view form) {
    if (part_.asText) return refuse("goes on behind :text, which stands last");
    if (form == "text") {
      part_.asText = true;
      return true;
    }
    const bool isTimeForm = form == "ms" || form == "s";
    if (!isTimeForm) {
      return refuse("has no form \"" + std::string(form.substr(0, 20)) +
                    "\"; the nearest is :" + std::string(text::nearest(form, {"text", "ms", "s"})));
    }
    if (part_.field != Field::OccurredAt && part_.field != Field::SentAt)
      return refuse("is no time; only {occurredAt} and {sentAt} have the forms :ms and :s");
    if (part_.time != TimeForm::Rfc3339) return refuse("has two forms of a time; one of :ms and :s is enough");
    part_.time = form == "ms" ? TimeForm::Millis : TimeForm::Seconds;
    return true;
  }

  const std::string_view inner_;
  const Values& values_;
  std::vector<std::string>& faults_;
  bool more_ = false;
  Part part_;
};

/// Splits one string of a template.
class TextParser {
 public:
  TextParser(std::string_view text, const Values& values) : rest_(text), values_(values) {}

  ParsedText parse() {
    while (!rest_.empty()) {
      const auto brace = std::min(rest_.find_first_of("{}"), rest_.size());
      literal(rest_.substr(0, brace));
      rest_.remove_prefix(brace);
      if (!rest_.empty()) atBrace();
    }
    return std::move(parsed_);
  }

 private:
  void atBrace() {
    const char brace = rest_.front();
    const bool twice = rest_.size() > 1 && rest_[1] == brace;
    if (brace == '}' || twice) {
      literal(rest_.substr(0, 1));
      rest_.remove_prefix(twice ? 2 : 1);
      return;
    }
    rest_.remove_prefix(1);
    const auto end = rest_.find_first_of("{}");
    if (end == std::string_view::npos || rest_[end] == '{') {
      parsed_.faults.emplace_back("A { has no } behind it; write {{ for a brace.");
      return;
    }
    auto part = PlaceholderReader(rest_.substr(0, end), values_, parsed_.faults).read();
    rest_.remove_prefix(end + 1);
    if (!part) return;
    if (part->field == Field::None) return literal(part->literal);
    parsed_.parts.push_back(*std::move(part));
  }

  void literal(std::string_view text) {
    if (text.empty()) return;
    if (parsed_.parts.empty() || parsed_.parts.back().field != Field::None) parsed_.parts.emplace_back();
    parsed_.parts.back().literal.append(text);
  }

  std::string_view rest_;
  const Values& values_;
  ParsedText parsed_;
};

void appendPercentEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%') {
      out += c;
    } else {
      out.append(1, '%').append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
    }
  }
}

}  // namespace

ParsedText parseText(std::string_view text, const Values& values) {
  return TextParser(text, values).parse();
}

void appendEscaped(std::string& out, std::string_view text, Template::Context context) {
  if (context == Template::Context::Json) return text::appendJsonEscaped(out, text);
  if (context == Template::Context::HeaderValue) return appendPercentEncoded(out, text);
  out += text;
}

void PieceBuilder::insideText(const std::vector<Part>& parts) {
  for (const auto& part : parts) {
    if (part.field == Field::None) {
      appendEscaped(open_, part.literal, context_);
    } else {
      close(part, false);
    }
  }
}

void PieceBuilder::value(const Part& part) {
  close(part, true);
}

void PieceBuilder::close(const Part& part, bool alone) {
  pieces_.push_back({std::exchange(open_, {}), part.field, part.time, alone});
}

Template PieceBuilder::take() {
  if (!open_.empty()) pieces_.push_back({std::exchange(open_, {})});
  return {std::move(pieces_), context_};
}

}  // namespace lull::formats
