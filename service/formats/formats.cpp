#include <lull/formats/formats.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/nearest.hpp>

#include <algorithm>
#include <array>

namespace lull::formats {

namespace {

using Header = std::pair<std::string_view, std::string_view>;

/// A row of the built-in formats. They are written in the grammar that operators have, and are read by the same code.
struct BuiltIn {
  std::string_view name;
  std::string_view contentType;
  std::string_view body;
  std::array<Header, 6> headers{};
};

constexpr auto kBuiltIn = std::to_array<BuiltIn>({
    {"Notification", "application/json",
     R"({"ChangeType": "{changeType}", "Data": {"ItemId": "{itemId}", "BaseId": "{baseId}"}})"},
    {"NotificationSpecific", "application/json",
     R"({"ChangeType": "{changeType}", "Data": {"ItemId": "{itemId}", "{idName}": "{baseId}"}})"},
    {"CloudEvents", "application/cloudevents+json",
     R"({"specversion": "1.0", "id": "{messageId}", "source": "{value.Source}", "type": "{eventType}",)"
     R"( "subject": "{itemId:text}", "time": "{occurredAt}", "datacontenttype": "application/json", "data": "{data}"})"},
    {"CloudEventsBinary",
     "application/json",
     R"("{data}")",
     {{{"ce-specversion", "1.0"},
       {"ce-id", "{messageId}"},
       {"ce-source", "{value.Source}"},
       {"ce-type", "{eventType}"},
       {"ce-subject", "{itemId}"},
       {"ce-time", "{occurredAt}"}}}},
    {"ElementChanged", "application/json", R"({"elementId": "{itemId}", "modificationDate": "{occurredAt}"})"},
    {"Claims", "application/json",
     R"({"sub": "{resource}/{itemId}", "{resourceIdName}": "{itemId:text}", "iss": "FS-{value.Environment}",)"
     R"( "iat": "{sentAt:ms:text}", "operation": "{operation}", "jti": "{uuid}"})"},
});

/// The template, or nothing, when the format becomes unavailable.
Template useOf(Format& format, Result<Template> read) {
  if (read) return std::move(read).value();
  if (format.unavailable.empty())
    format.unavailable = "The format " + format.text.name + " cannot be used: " + read.error().fields.front().detail;
  return {};
}

Format formatOf(FormatText text, const Values& values) {
  Format format{std::move(text)};
  format.body = useOf(format, readTemplate(format.text.body, values));
  return format;
}

Format builtInFormat(const BuiltIn& row, const Values& values) {
  auto format = formatOf({std::string(row.name), std::string(row.contentType), std::string(row.body)}, values);
  format.builtIn = true;
  for (const auto& [name, text] : row.headers) {
    if (!name.empty()) format.headers.emplace_back(name, useOf(format, readHeaderTemplate(text, values)));
  }
  return format;
}

}  // namespace

bool Format::shows(Field field) const {
  return body.shows(field) ||
         std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return header.second.shows(field); });
}

Formats::Formats(std::vector<FormatText> own, const Values& values, IdField byDefault)
    : values_(values), byDefault_(byDefault) {
  formats_.reserve(kBuiltIn.size() + own.size());
  for (const auto& row : kBuiltIn) formats_.push_back(builtInFormat(row, values));
  for (auto& text : own) formats_.push_back(formatOf(std::move(text), values));
}

const Format* Formats::find(std::string_view name) const {
  const auto found = std::ranges::find(formats_, name, [](const Format& format) { return format.text.name; });
  return found == formats_.end() ? nullptr : &*found;
}

std::string_view Formats::nearest(std::string_view name) const {
  std::vector<std::string_view> names;
  names.reserve(formats_.size());
  for (const auto& format : formats_) names.push_back(format.text.name);
  return text::nearest(name, names);
}

std::string_view Formats::nameOf(const Registration& registration) const {
  if (registration.format) return *registration.format;
  return formats::nameOf(registration.idField.value_or(byDefault_));
}

Result<const Format*> Formats::of(const Registration& registration) const {
  const auto name = nameOf(registration);
  const auto* format = find(name);
  if (format == nullptr) {
    return Error{ErrorCode::Conflict, "There is no format " + std::string(name) +
                                          " in the settings any more: add it to Formats again, or give the endpoint "
                                          "another one."};
  }
  if (!format->unavailable.empty()) return Error{ErrorCode::Conflict, format->unavailable};
  return format;
}

std::string_view nameOf(IdField field) {
  return kBuiltIn.at(field == IdField::Specific ? 1 : 0).name;
}

bool isBuiltIn(std::string_view name) {
  return std::ranges::any_of(kBuiltIn, [&](const BuiltIn& row) { return text::equalsIgnoringCase(row.name, name); });
}

}  // namespace lull::formats
