#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>
#include <lull/text/ascii.hpp>

namespace lull::config {

namespace {

template <class Member>
auto putFormat(Member member) {
  return [=](RuleTarget& target, auto value) { target.settings.formats[target.index].*member = std::move(value); };
}

/// The body of a format is checked with all values at hand (format_checks.cpp). It may hold line breaks, as JSON does.
Rule jsonText(Setter<std::string> set) {
  return parsed<std::string>(std::move(set), "text", kTemplateForm,
                             [](std::string_view text) -> Result<std::string> { return std::string(text); });
}

}  // namespace

std::vector<KeyRow> formatRows() {
  return {
      {"Formats:{i}:Name", "", "the built-in formats",
       text(putFormat(&formats::FormatText::name), kNameForm, checkName), Secrecy::Open,
       "Name of a format that endpoints may choose; see [formats](formats.md)."},
      {"Formats:{i}:ContentType", "", "`application/json`",
       text(putFormat(&formats::FormatText::contentType), kMediaTypeForm, checkMediaType), Secrecy::Open,
       "`Content-Type` of what is sent."},
      {"Formats:{i}:Body", "", "", jsonText(putFormat(&formats::FormatText::body)), Secrecy::Open,
       "The body, as JSON text in one string; strings in it may hold `{placeholders}`."},
      {"FormatValues:{name}", "", "none",
       text(
           [](RuleTarget& target, const std::string& value) {
             if (!value.empty()) target.settings.formatValues[text::lowerCase(target.name)] = value;
           },
           "any text"),
       Secrecy::Open, "What `{value.NAME}` in a format stands for."},
  };
}

}  // namespace lull::config
