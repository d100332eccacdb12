#include "mailboxes/publication.hpp"

#include "events/event_rules.hpp"
#include "events/json_value.hpp"

#include <lull/http/json_records.hpp>

#include <utility>

namespace lull::api {

namespace {

/// Finds the item that an object names. The text is known to be one object, and JSON.
class ItemIdReader final : public http::JsonRecords {
 public:
  explicit ItemIdReader(InputErrors& errors) : errors_(errors) {}
  const std::optional<ItemId>& found() const { return found_; }

 private:
  static constexpr const char* kPointer = "/itemId";

  void beginRecord() override {}
  void endRecord() override {}
  void noRecord() override {}
  void broken(std::string) override {}

  bool member(const std::string& name) override {
    isItemId_ = name == "itemId";
    if (isItemId_ && std::exchange(given_, true)) errors_.add(kPointer, "This member is given more than once.");
    return !errors_.full();
  }

  void value(const http::JsonValue& value) override {
    using Kind = http::JsonValue::Kind;
    if (!isItemId_ || value.kind == Kind::Null) return;
    if (value.kind == Kind::Integer) {
      found_ = ItemId(value.integer);
    } else if (value.kind == Kind::Text) {
      ItemId id;
      if (auto fault = readItemId(*value.text, id)) return errors_.add(kPointer, *std::move(fault));
      found_ = std::move(id);
    } else {
      errors_.add(kPointer, "It must be a 64-bit integer or a text.");
    }
  }

  InputErrors& errors_;
  bool isItemId_ = false;
  bool given_ = false;
  std::optional<ItemId> found_;
};

std::optional<ItemId> itemIdIn(std::string_view object, InputErrors& errors) {
  using Numbers = http::JsonRecords::Numbers;
  using Form = http::JsonRecords::Form;
  const auto before = errors;
  ItemIdReader reader(errors);
  if (reader.read(object, Form::One, Numbers::AsTheyAre)) return reader.found();
  errors = before;
  ItemIdReader again(errors);
  again.read(object, Form::One, Numbers::Shortened);
  return again.found();
}

}  // namespace

std::optional<Publication> readPublication(std::string_view json, InputErrors& errors) {
  const JsonValueText value(json);
  if (!value.fault().empty()) {
    errors.add("", value.fault());
    return std::nullopt;
  }
  Publication publication;
  publication.data = value.json();
  if (publication.data.size() > kMaxEventData) {
    errors.add("", "It is larger than 64 KiB.");
  } else if (publication.data.starts_with('{')) {
    publication.itemId = itemIdIn(publication.data, errors);
  }
  if (!errors.empty()) return std::nullopt;
  return publication;
}

}  // namespace lull::api
