#include "json_layer.hpp"

#include "setting_text.hpp"

#include <lull/text/counting_iterator.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace lull::config {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
constexpr std::string_view kJsonBlanks = " \t\r\n";

/// Where a comment starting at `at` ends, or `at` itself when none starts there.
std::size_t skipComment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) == "/*") {
    const auto end = text.find("*/", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  return at;
}

std::size_t skipString(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

/// nlohmann reads comments but no trailing commas: they become blanks here, so that every position stays the same. A
/// comma that follows no value ("[,]", ",,") is left for the parser to refuse.
std::string withoutTrailingCommas(std::string text) {
  std::optional<std::size_t> comma;
  char before = '\0';  // the last character that is neither blank, comment nor comma
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t afterComment = skipComment(text, at);
    if (afterComment != at) {
      at = afterComment;
      continue;
    }
    const char c = text[at];
    if (c == ',') {
      comma = before == '[' || before == '{' || before == ',' ? std::nullopt : std::optional{at};
      before = c;
    } else if (kJsonBlanks.find(c) == std::string_view::npos) {
      if ((c == '}' || c == ']') && comma) text[*comma] = ' ';
      comma.reset();
      before = c;
    }
    at = c == '"' ? skipString(text, at) : at + 1;
  }
  return text;
}

struct LineAndColumn {
  std::size_t line = 1;
  std::size_t column = 1;
};

LineAndColumn lineAndColumnOf(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto lastNewline = before.rfind('\n');
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          lastNewline == std::string_view::npos ? before.size() + 1 : before.size() - lastNewline};
}

/// Turns the parser's events into flat keys.
class Flattener final : public nlohmann::json_sax<Json> {
 public:
  /// `seen` points at what the parser will read next.
  Flattener(std::string_view text, const std::string& path, const char* const& seen)
      : text_(text), path_(path), seen_(seen), counted_(text.data()) {}

  bool null() override { return value(""); }
  bool boolean(bool flag) override { return value(flag ? "true" : "false"); }
  bool number_integer(number_integer_t number) override { return value(std::to_string(number), true); }
  bool number_unsigned(number_unsigned_t number) override { return value(std::to_string(number), true); }
  bool number_float(number_float_t /*number*/, const string_t& text) override { return value(text, true); }
  bool string(string_t& text) override { return value(text); }
  bool binary(binary_t& /*bytes*/) override { return fail("binary data is not JSON"); }

  bool start_object(std::size_t /*size*/) override { return open(false); }
  bool start_array(std::size_t /*size*/) override {
    if (levels_.empty()) return fail(kNotAnObject);
    layer_.erase(currentKey());
    return open(true);
  }
  bool key(string_t& name) override {
    levels_.back().name = name;
    return true;
  }
  bool end_object() override {
    levels_.pop_back();
    finishValue();
    return true;
  }
  bool end_array() override {
    const bool wasEmpty = levels_.back().index == 0;
    levels_.pop_back();
    if (wasEmpty) return value("");
    finishValue();
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // The parser's message ends with the text that it read last, which may be part of a secret.
    std::string message = error.what();
    message = message.substr(0, message.find("; last read"));
    const auto colon = message.find(": ");
    return failAt(position > 0 ? position - 1 : 0, colon == std::string::npos ? message : message.substr(colon + 2));
  }

  /// Notes the problem with its place; always false.
  bool failAt(std::size_t offset, const std::string& what) {
    const LineAndColumn at = lineAndColumnOf(text_, offset);
    problem_ = path_ + ": line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ": " + what;
    return false;
  }

  const std::string& problem() const { return problem_; }
  const Layer& layer() const { return layer_; }

 private:
  static constexpr const char* kNotAnObject = "the top level must be an object";

  struct Level {
    bool isArray = false;
    std::size_t index = 0;
    std::string name;  ///< of the member being read, in an object
  };

  bool open(bool isArray) {
    if (levels_.size() == kMaxDepth) return fail("nested deeper than " + std::to_string(kMaxDepth) + " levels");
    levels_.push_back({isArray, 0, ""});
    return true;
  }

  void finishValue() {
    if (!levels_.empty() && levels_.back().isArray) ++levels_.back().index;
  }

  /// `readAhead`: the parser has taken one character more than the value, which it does after numbers only.
  bool value(std::string text, bool readAhead = false) {
    if (levels_.empty()) return fail(kNotAnObject);
    const std::size_t line = lineAt(readAhead ? seen_ - 1 : seen_);
    const std::string key = currentKey();
    layer_.erase(key);
    layer_.set({key, std::move(text), path_ + ":" + std::to_string(line)});
    finishValue();
    return true;
  }

  /// The line that `at` stands in, which is behind all that was asked for before.
  std::size_t lineAt(const char* at) {
    line_ += static_cast<std::size_t>(std::count(counted_, at, '\n'));
    counted_ = at;
    return line_;
  }

  std::string currentKey() const {
    std::vector<std::string> parts;
    for (const Level& level : levels_) parts.push_back(level.isArray ? std::to_string(level.index) : level.name);
    return join(parts, ":");
  }

  bool fail(const std::string& what) {
    const auto consumed = static_cast<std::size_t>(seen_ - text_.data());
    return failAt(consumed > 0 ? consumed - 1 : 0, what);
  }

  std::string_view text_;
  const std::string& path_;
  const char* const& seen_;
  const char* counted_;  // line_ counts the lines before it
  std::size_t line_ = 1;
  std::vector<Level> levels_;
  Layer layer_;
  std::string problem_;
};

}  // namespace

void addJson(std::string_view text, const std::string& path, Layer& layer, Findings& findings) {
  const std::string prepared = withoutTrailingCommas(std::string(text));
  const char* const begin = prepared.data();
  const char* seen = begin;
  Flattener flattener(prepared, path, seen);
  const auto nul = prepared.find('\0');  // to the parser it is the end, and the settings behind it would not count
  const bool read = nul == std::string::npos && Json::sax_parse(text::CountingIterator(begin, &seen),
                                                                text::CountingIterator(begin + prepared.size(), &seen),
                                                                &flattener, Json::input_format_t::json, true, true);
  if (nul != std::string::npos) flattener.failAt(nul, "a NUL byte is no JSON");
  if (!read) {
    findings.problems.push_back(flattener.problem());
    findings.sourceUnreadable = true;
    return;
  }
  for (const auto& [key, value] : flattener.layer().values()) layer.set(value);
}

}  // namespace lull::config
