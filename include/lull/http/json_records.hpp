#pragma once

#include <lull/http/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lull::http {

/// The value of a record's member. Other is a boolean, a number that is no 64-bit integer, an object or an array.
struct JsonValue {
  enum class Kind : std::uint8_t { Null, Integer, Text, Other };
  Kind kind = Kind::Other;
  std::int64_t integer = 0;
  std::string* text = nullptr;  ///< may be moved from
};

/// Reads a JSON text of one object ("record"), or of an array of records, in one pass and without a tree. Members of
/// the records are told to the derived class as they come; what lies deeper is only checked. At most 64 levels.
/// Of a text that is one value of any kind, that value is told, and no record and no member.
class JsonRecords : private nlohmann::json_sax<nlohmann::json> {
 public:
  enum class Form : std::uint8_t { OneOrArray, One, Value };

  /// Reads `text`, once in the life of this object. False: it has a number that no double holds, which is JSON all the
  /// same; what was told so far is void, and a new object reads it with Numbers::Shortened, for a little more time.
  enum class Numbers : std::uint8_t { AsTheyAre, Shortened };
  bool read(std::string_view text, Form form, Numbers numbers);

 protected:
  JsonRecords() = default;
  ~JsonRecords() override = default;
  JsonRecords(const JsonRecords&) = default;
  JsonRecords& operator=(const JsonRecords&) = default;

  virtual void beginRecord() = 0;
  virtual void endRecord() = 0;
  /// The name of a member of the record at hand; its value follows. False: it is not worth reading on.
  virtual bool member(const std::string& name) = 0;
  virtual void value(const JsonValue& value) = 0;
  /// Something stands where a record should.
  virtual void noRecord() = 0;
  /// The text is no JSON, or nested too deep; nothing more comes.
  virtual void broken(std::string detail) = 0;

  /// Where the record at hand stands (RFC 6901): "" for the only one, "/3" in an array.
  std::string recordPointer() const { return inArray_ ? "/" + std::to_string(index_) : std::string(); }
  /// Within value(): the value's text as it was received.
  std::string_view raw() const;

 private:
  bool null() override { return scalar({.kind = JsonValue::Kind::Null}); }
  bool boolean(bool) override { return scalar({}); }
  bool number_integer(std::int64_t value) override { return number({JsonValue::Kind::Integer, value}); }
  bool number_unsigned(std::uint64_t value) override;
  bool number_float(double, const std::string&) override { return number({}); }
  bool string(std::string& value) override { return scalar({JsonValue::Kind::Text, 0, &value}); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override;
  bool end_object() override { return ascend(); }
  bool start_array(std::size_t) override;
  bool end_array() override { return ascend(); }
  bool key(std::string& name) override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& fault) override;

  bool scalar(const JsonValue& given);
  bool number(const JsonValue& given);
  bool descend();
  bool ascend();

  Form form_ = Form::OneOrArray;
  const char* seen_ = nullptr;       // how far the parser has come
  const char* valueFrom_ = nullptr;  // where the name of the member at hand ended
  bool isNumber_ = false;            // the value at hand
  bool hugeNumber_ = false;
  bool inArray_ = false;
  bool inRecord_ = false;  // or in the text that is one value
  int depth_ = 0;
  int recordDepth_ = -1;
  std::size_t index_ = 0;
};

}  // namespace lull::http
