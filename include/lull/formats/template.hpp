#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What the body of a message looks like. A template is JSON whose strings, names of members too, may hold
/// {placeholders}; docs/formats.md is its page.
namespace lull::formats {

/// What a placeholder stands for. None: nothing.
enum class Field : std::uint8_t {
  None,
  MessageId,
  Uuid,
  ItemId,
  BaseId,
  IdName,
  ChangeType,
  ChangeTypeName,
  EventType,
  Operation,
  Resource,
  ResourceIdName,
  Scope,
  Sequence,
  EventCount,
  OccurredAt,
  SentAt,
  Data,
};

/// How a time is written: RFC 3339, or milliseconds or seconds since 1970.
enum class TimeForm : std::uint8_t { Rfc3339, Millis, Seconds };

/// The values that `value.NAME` stands for (FormatValues:NAME), by their names in lower case. None is empty.
using Values = std::map<std::string, std::string, std::less<>>;

/// A template that was read, as the texts between its placeholders. Constant after construction, so any thread may
/// render it.
class Template {
 public:
  /// Where a text is put, and so what has to be escaped in it.
  enum class Context : std::uint8_t { Json, HeaderValue, Text };

  /// A text up to a placeholder, and that placeholder.
  struct Piece {
    std::string literal;  ///< ready to be sent
    Field field = Field::None;
    TimeForm time = TimeForm::Rfc3339;
    bool alone = false;  ///< it is a whole JSON value, with a type; otherwise it stands inside a text
  };

  Template() = default;
  Template(std::vector<Piece> pieces, Context context);

  /// Appends what the template says of a message. Linear in what is written; never fails.
  void appendTo(std::string& out, const Message& message, const Catalogue& catalogue) const;
  /// Whether it has a placeholder for this.
  bool shows(Field field) const;

 private:
  std::vector<Piece> pieces_;
  Context context_ = Context::Json;
  std::size_t literalBytes_ = 0;
};

/// Reads the JSON text of a template (at most 64 KiB, 64 levels). Otherwise the error's `fields` has each mistake: a
/// JSON pointer into the template, and a sentence with the nearest known word.
Result<Template> readTemplate(std::string_view json, const Values& values);

/// The same for a text that becomes the value of an HTTP header, in the encoding of CloudEvents' HTTP binding (section
/// 3.1.3.2): what is no visible ASCII, quotes and percent signs are percent-encoded.
Result<Template> readHeaderTemplate(std::string_view text, const Values& values);

/// The same for a text in which nothing is escaped, such as a routing key.
Result<Template> readTextTemplate(std::string_view text, const Values& values);

}  // namespace lull::formats
