#include "fuzz.hpp"

#include <lull/formats/formats.hpp>
#include <lull/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace {

using namespace lull;
using Json = nlohmann::ordered_json;

/// A message of which every text comes from the input, valid UTF-8 or not.
Message messageOf(fuzz::Input& input) {
  Message message;
  const auto kind = input.byte();
  message.id = input.line();
  message.key = {1U << (kind % 6U),
                 (kind & 64U) != 0 ? ItemId(static_cast<std::int64_t>(kind)) : ItemId(std::string(input.line()))};
  message.payload.eventType = input.line();
  message.payload.scope = input.line();
  message.occurredAt = message.sentAt = instantOf(static_cast<std::int64_t>(kind) * 999'999'937);
  if ((kind & 128U) != 0) message.payload.data = R"({"a":[1,"\u00fc"]})";
  return message;
}

std::string rendered(const formats::Template& of, const Message& message) {
  static const Catalogue catalogue(builtinChangeTypes());
  std::string out;
  of.appendTo(out, message, catalogue);
  return out;
}

}  // namespace

/// A template and the texts that it is rendered with. Whatever they hold, a template is either refused with a place, or
/// says JSON of every message.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto message = messageOf(input);
  formats::Values values{{"environment", "prod"}};
  if (const auto source = input.line(); !source.empty()) values.emplace("source", source);
  const auto text = input.rest();

  const auto read = formats::readTemplate(text, values);
  if (!read) {
    fuzz::require(!read.error().fields.empty(), "what is refused has a reason");
    for (const auto& [pointer, detail] : read.error().fields) {
      fuzz::require(!detail.empty(), "each mistake has a sentence");
      fuzz::require(pointer.empty() || pointer.front() == '/', "each mistake has a place");
    }
  } else {
    const auto body = rendered(*read, message);
    fuzz::require(Json::accept(body), "what is rendered is JSON");
    fuzz::require(rendered(*read, message) == body, "the same message gives the same body");
  }
  const auto header = formats::readHeaderTemplate(text, values);
  if (header) {
    for (const char c : rendered(*header, message)) {
      fuzz::require(c == ' ' || (c > 0x20 && c < 0x7f), "a header value is visible ASCII");
    }
  }
  return 0;
}
