#pragma once

#include "events/event_rules.hpp"
#include "input_errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::api {

/// What Lull reads of a CloudEvent: its data, in one of two members, and attributes. All other attributes are passed
/// over, because whoever hands a CloudEvent on may add some.
enum class CloudEventPart : std::uint8_t {
  SpecVersion,
  Id,
  Source,
  Type,
  Subject,
  Time,
  Traceparent,
  Operation,
  Scope,
  ChangedFields,
  DataContentType,
  Data,
  DataBase64,
  Unknown
};
inline constexpr std::size_t kCloudEventParts = 13;  // without Unknown

CloudEventPart cloudEventPart(std::string_view name);

/// Whether an attribute may go by that name: lower-case letters and digits (CloudEvents 1.0, "Naming conventions").
bool isAttributeName(std::string_view name);

/// Makes an event of one CloudEvent 1.0, whose parts come in any order, and notes what is wrong with them.
class CloudEventBuilder {
 public:
  struct Place {
    std::string pointer{};   ///< of the event in the body
    bool inHeaders = false;  ///< binary mode: attributes are headers, and the body is the data
  };
  /// Keeps the references.
  CloudEventBuilder(const Catalogue& catalogue, InputErrors& errors, Place place)
      : catalogue_(catalogue), errors_(errors), place_(std::move(place)) {}

  /// A part is there, and its value follows. Notes one that was there before.
  void begin(CloudEventPart part);
  /// It was null, which is to be absent.
  void unset(CloudEventPart part);
  void mistyped(CloudEventPart part);
  void text(CloudEventPart part, std::string& value);
  /// `json` is one JSON value, without blanks around it.
  void data(std::string_view json);
  /// Notes what is wrong with a part.
  void note(CloudEventPart part, std::string detail);

  /// Once, at the end.
  Event finish();

 private:
  bool given(CloudEventPart part) const;
  Fault read(CloudEventPart part, std::string& value);
  Fault readContentType(std::string_view value);
  void readBase64(std::string_view base64);
  void readBaseId(std::string_view json, CloudEventPart from);

  const Catalogue& catalogue_;
  InputErrors& errors_;
  Place place_;
  std::array<bool, kCloudEventParts> given_{};
  bool dataIsJson_ = true;
  std::optional<std::string> base64_;
  std::optional<ItemId> baseId_;
  std::optional<Operation> operation_;
  Event event_;
};

}  // namespace lull::api
