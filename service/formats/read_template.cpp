#include "text_grammar.hpp"

#include <lull/formats/template.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace lull::formats {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{64} * 1024;
constexpr std::size_t kMostLevels = 64;

/// RFC 6901: the escaped form of a member's name.
std::string escapedName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

/// Writes the template's JSON anew, without white space, as pieces. Reading goes on behind a mistake, so that all of
/// them are found; only a text that is no JSON ends it.
class TemplateReader final : public nlohmann::json_sax<Json> {
 public:
  explicit TemplateReader(const Values& values) : values_(values) {}

  std::vector<FieldError> faults;
  Template take() { return builder_.take(); }

  bool null() override { return plain("null"); }
  bool boolean(bool value) override { return plain(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return plain(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return plain(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return plain(text); }
  bool string(string_t& text) override {
    begin();
    const auto parsed = parsedText(text, "");
    if (parsed.isTypedValue()) {
      builder_.value(parsed.parts[0]);
    } else {
      quoted(parsed.parts);
    }
    return true;
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open('{', false); }
  bool end_object() override { return close('}'); }
  bool start_array(std::size_t) override { return open('[', true); }
  bool end_array() override { return close(']'); }

  bool key(string_t& name) override {
    auto& level = levels_.back();
    if (std::exchange(level.any, true)) builder_.literal(",");
    level.name = name;
    if (!level.names.insert(name).second) note("This member is given more than once.");
    quoted(parsedText(name, "The name of this member: ").parts);
    builder_.literal(":");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    levels_.clear();
    note("It is not valid JSON near byte " + std::to_string(position) + ".");
    return false;
  }

 private:
  struct Level {
    bool isArray = false;
    bool any = false;  // it has an element already
    std::size_t index = 0;
    std::string name{};
    std::set<std::string> names{};
  };

  /// Before a value: in an array it is one more element.
  void begin() {
    if (levels_.empty() || !levels_.back().isArray) return;
    auto& level = levels_.back();
    if (!std::exchange(level.any, true)) return;
    ++level.index;
    builder_.literal(",");
  }

  bool plain(std::string_view text) {
    begin();
    builder_.literal(text);
    return true;
  }

  void quoted(const std::vector<Part>& parts) {
    builder_.literal("\"");
    builder_.insideText(parts);
    builder_.literal("\"");
  }

  bool open(char brace, bool isArray) {
    begin();
    if (levels_.size() == kMostLevels) {
      note("It is nested deeper than 64 levels.");
      return false;
    }
    builder_.literal({&brace, 1});
    levels_.push_back({isArray});
    return true;
  }

  bool close(char brace) {
    builder_.literal({&brace, 1});
    levels_.pop_back();
    return true;
  }

  ParsedText parsedText(std::string_view text, const std::string& of) {
    auto parsed = parseText(text, values_);
    for (auto& fault : parsed.faults) note(of + std::move(fault));
    return parsed;
  }

  void note(std::string detail) {
    std::string pointer;
    for (const auto& level : levels_) {
      pointer += "/" + (level.isArray ? std::to_string(level.index) : escapedName(level.name));
    }
    faults.push_back({std::move(pointer), std::move(detail)});
  }

  const Values& values_;
  PieceBuilder builder_{Template::Context::Json};
  std::vector<Level> levels_;
};

Error faulty(std::vector<FieldError> faults) {
  return {ErrorCode::InvalidInput, "The template is not valid.", std::move(faults)};
}

}  // namespace

Result<Template> readTemplate(std::string_view json, const Values& values) {
  if (json.size() > kMostBytes) return faulty({{"", "It is larger than 64 KiB."}});
  // To nlohmann a NUL is the end of the text, and it would pass over what follows.
  if (const auto nul = json.find('\0'); nul != std::string_view::npos)
    return faulty({{"", "It is not valid JSON near byte " + std::to_string(nul + 1) + "."}});
  TemplateReader reader(values);
  Json::sax_parse(json.begin(), json.end(), &reader);
  if (!reader.faults.empty()) return faulty(std::move(reader.faults));
  return reader.take();
}

namespace {

Result<Template> readOneText(std::string_view text, const Values& values, Template::Context context) {
  auto parsed = parseText(text, values);
  if (!parsed.faults.empty()) {
    std::vector<FieldError> faults;
    for (auto& fault : parsed.faults) faults.push_back({"", std::move(fault)});
    return faulty(std::move(faults));
  }
  PieceBuilder builder(context);
  builder.insideText(parsed.parts);
  return builder.take();
}

}  // namespace

Result<Template> readHeaderTemplate(std::string_view text, const Values& values) {
  return readOneText(text, values, Template::Context::HeaderValue);
}

Result<Template> readTextTemplate(std::string_view text, const Values& values) {
  return readOneText(text, values, Template::Context::Text);
}

}  // namespace lull::formats
