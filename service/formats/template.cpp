#include "text_grammar.hpp"

#include <lull/formats/template.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lull::formats {

namespace {

/// A UUID of version 5 (RFC 9562 section 5.5) out of a name space of our own and the message id.
std::string uuidOf(std::string_view messageId) {
  constexpr std::string_view kNameSpace("\x5e\x1f\x6c\x0a\x8b\x3d\x4c\x27\x9a\x51\x2e\x70\xd4\x83\xb6\x19", 16);
  auto bytes = text::sha1(std::string(kNameSpace).append(messageId)).substr(0, kNameSpace.size());
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fU) | 0x50U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fU) | 0x80U);
  auto uuid = text::toHex(bytes);
  for (const auto dash : {8U, 13U, 18U, 23U}) uuid.insert(dash, 1, '-');
  return uuid;
}

/// Milliseconds only when they are not zero.
std::string rfc3339(Instant at) {
  constexpr std::string_view kNone = ".000Z";
  auto text = formatRfc3339(at);
  if (text.ends_with(kNone)) text.replace(text.size() - kNone.size(), kNone.size(), "Z");
  return text;
}

/// What a placeholder stands for, as a text and what that text is in JSON.
struct Value {
  enum class Kind : std::uint8_t { Text, Number, AnyJson, Absent };
  Kind kind;
  std::string_view text;
};

/// Gives the values of one message. A value is a view of the message, of the catalogue or of this object, and holds
/// until the next call.
class MessageValues {
 public:
  MessageValues(const Message& message, const Catalogue& catalogue) : message_(message), catalogue_(catalogue) {}

  Value of(const Template::Piece& piece) {
    switch (piece.field) {
      case Field::MessageId:
        return textOf(message_.id);
      case Field::Uuid:
        return made(uuidOf(message_.id));
      case Field::ItemId:
        return idOf(message_.key.itemId);
      case Field::BaseId:
        return idOf(message_.payload.baseId);
      case Field::IdName:
        return idName();
      case Field::ChangeType:
        return numberOf(message_.key.changeType);
      case Field::ChangeTypeName:
        return made(catalogue_.nameOf(message_.key.changeType));
      case Field::EventType:
        return textOf(message_.payload.eventType);
      case Field::Operation:
        return textOf(toString(message_.payload.operation));
      case Field::Resource:
        return made(catalogue_.resourceNames(message_.key.changeType, message_.payload.eventType).resource);
      case Field::ResourceIdName:
        return made(catalogue_.resourceNames(message_.key.changeType, message_.payload.eventType).idName);
      case Field::Scope:
        return orAbsent(Value::Kind::Text, message_.payload.scope);
      case Field::Sequence:
        return numberOf(message_.upto);
      case Field::EventCount:
        return numberOf(message_.eventCount);
      case Field::OccurredAt:
        return timeOf(message_.occurredAt, piece.time);
      case Field::SentAt:
        return timeOf(message_.sentAt, piece.time);
      case Field::Data:
        return orAbsent(Value::Kind::AnyJson, message_.payload.data);
      case Field::None:
        break;
    }
    return textOf("");
  }

 private:
  static Value textOf(std::string_view text) { return {Value::Kind::Text, text}; }
  static Value idOf(const ItemId& id) { return {id.isNumber() ? Value::Kind::Number : Value::Kind::Text, id.text()}; }
  static Value orAbsent(Value::Kind kind, std::string_view text) {
    return text.empty() ? Value{Value::Kind::Absent, ""} : Value{kind, text};
  }

  template <class Number>
  Value numberOf(Number number) {
    const auto [end, failure] = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number);
    return {Value::Kind::Number, {digits_.data(), static_cast<std::size_t>(end - digits_.data())}};
  }

  Value made(std::string text) {
    made_ = std::move(text);
    return textOf(made_);
  }

  Value idName() const {
    const auto* type = catalogue_.ofValue(message_.key.changeType);
    return textOf(type != nullptr ? std::string_view(type->idName) : "BaseId");
  }

  Value timeOf(Instant at, TimeForm form) {
    if (form == TimeForm::Rfc3339) return made(rfc3339(at));
    if (form == TimeForm::Millis) return numberOf(millisOf(at));
    return numberOf(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  }

  const Message& message_;
  const Catalogue& catalogue_;
  std::string made_;
  std::array<char, 24> digits_{};
};

/// Writes a value that is a whole JSON value.
void appendAlone(std::string& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::Text:
      out += '"';
      appendEscaped(out, value.text, Template::Context::Json);
      out += '"';
      return;
    case Value::Kind::Absent:
      out += "null";
      return;
    case Value::Kind::Number:
    case Value::Kind::AnyJson:
      out += value.text;
  }
}

}  // namespace

Template::Template(std::vector<Piece> pieces, Context context) : pieces_(std::move(pieces)), context_(context) {
  for (const auto& piece : pieces_) literalBytes_ += piece.literal.size();
}

bool Template::shows(Field field) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.field == field; });
}

void Template::appendTo(std::string& out, const Message& message, const Catalogue& catalogue) const {
  constexpr std::size_t kUsualValue = 32;
  out.reserve(out.size() + literalBytes_ + pieces_.size() * kUsualValue);
  MessageValues values(message, catalogue);
  for (const auto& piece : pieces_) {
    out += piece.literal;
    if (piece.field == Field::None) continue;
    const auto value = values.of(piece);
    if (piece.alone) {
      appendAlone(out, value);
    } else {
      appendEscaped(out, value.text, context_);
    }
  }
}

}  // namespace lull::formats
