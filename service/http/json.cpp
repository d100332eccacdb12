#include <lull/http/json.hpp>
#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace lull::http {

namespace {

/// Builds the tree while the parser runs, which lets it stop at the depth limit: nlohmann copies and destroys trees
/// recursively.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  Json take() { return std::move(root_); }
  /// What ended the parsing, when it did not come to the end of the text.
  JsonFault fault() { return std::move(fault_); }

  bool null() override { return put(nullptr) != nullptr; }
  bool boolean(bool value) override { return put(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return put(value) != nullptr; }
  bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto& level = levels_.back();
    level.name = name;
    if (level.names.insert(name).second) return true;
    return fail(pointer(), "This member is given more than once.");
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail("", notJsonAt(position));
  }

 private:
  struct Level {
    Json* node;
    std::string name;
    std::set<std::string> names;
  };

  bool fail(std::string pointer, std::string detail) {
    fault_ = {std::move(pointer), std::move(detail)};
    return false;
  }

  template <class Value>
  Json* put(Value&& value) {
    if (++values_ > kMaxJsonValues) {
      fail("", "The body has more than 10,000 values.");
      return nullptr;
    }
    if (levels_.empty()) {
      root_ = std::forward<Value>(value);
      return &root_;
    }
    auto& level = levels_.back();
    if (level.node->is_array()) return &level.node->emplace_back(std::forward<Value>(value));
    // No member of that name exists (key() saw to it), so this skips the search that operator[] makes.
    auto& members = level.node->get_ref<Json::object_t&>();
    members.push_back({level.name, Json(std::forward<Value>(value))});
    return &members.back().second;
  }

  bool open(Json container) {
    if (levels_.size() == static_cast<std::size_t>(kMaxJsonDepth)) return fail("", std::string(kTooDeep));
    auto* node = put(std::move(container));
    if (node != nullptr) levels_.push_back({node, {}, {}});
    return node != nullptr;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string pointer() const {
    std::string out;
    for (const auto& level : levels_) {
      // In an array the open element is its last one.
      out += level.node->is_array() ? "/" + std::to_string(level.node->size() - 1) : below("", level.name);
    }
    return out;
  }

  Json root_;
  JsonFault fault_;
  std::vector<Level> levels_;
  std::size_t values_ = 0;
};

}  // namespace

std::string notJsonAt(std::size_t position) {
  return "It is not valid JSON near byte " + std::to_string(position) + ".";
}

std::variant<Json, JsonFault> parseJson(std::string_view text) {
  if (text::trimmed(text).empty()) return JsonFault{"", "A JSON body is needed."};
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) return JsonFault{"", notJsonAt(nul + 1)};
  TreeBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return builder.fault();
  return builder.take();
}

std::optional<Json> parseJsonObject(std::string_view text) {
  auto parsed = parseJson(text);
  auto* json = std::get_if<Json>(&parsed);
  if (json == nullptr || !json->is_object()) return std::nullopt;
  return std::move(*json);
}

std::string below(std::string_view pointer, std::string_view name) {
  constexpr std::size_t kMostOfName = 200;
  std::string out(pointer);
  out += '/';
  for (const char c : name.substr(0, kMostOfName)) {
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

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lull::http
