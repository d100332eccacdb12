#include "json_body.hpp"

#include "message_head.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace lull::api {

namespace {

/// Builds the tree while the parser runs, which lets it stop at the depth limit: nlohmann copies and destroys trees
/// recursively.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit TreeBuilder(InputErrors& errors) : errors_(errors) {}

  Json take() { return std::move(root_); }

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
    errors_.add(pointer(), "This member is given more than once.");
    return false;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    errors_.add("", notJsonAt(position));
    return false;
  }

 private:
  struct Level {
    Json* node;
    std::string name;
    std::set<std::string> names;
  };

  template <class Value>
  Json* put(Value&& value) {
    if (++values_ > kMaxJsonValues) {
      errors_.add("", "The body has more than 10,000 values.");
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
    if (levels_.size() == static_cast<std::size_t>(kMaxJsonDepth)) {
      errors_.add("", std::string(kTooDeep));
      return false;
    }
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

  InputErrors& errors_;
  Json root_;
  std::vector<Level> levels_;
  std::size_t values_ = 0;
};

}  // namespace

std::string notJsonAt(std::size_t position) {
  return "It is not valid JSON near byte " + std::to_string(position) + ".";
}

std::optional<Json> parseJson(std::string_view text, InputErrors& errors) {
  if (trimBlanks(text).empty()) {
    errors.add("", "A JSON body is needed.");
    return std::nullopt;
  }
  TreeBuilder builder(errors);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return builder.take();
}

}  // namespace lull::api
