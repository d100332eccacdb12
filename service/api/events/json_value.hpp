#pragma once

#include <lull/http/json_records.hpp>

#include <string>
#include <string_view>

namespace lull::api {

/// Checks that a text is one JSON value of any kind (strict UTF-8, at most 64 levels), without a tree.
class JsonValueText final : public http::JsonRecords {
 public:
  /// `text` outlives this object.
  explicit JsonValueText(std::string_view text) { read(text, Form::Value, Numbers::Shortened); }

  /// What is wrong with it; empty: nothing.
  const std::string& fault() const { return fault_; }
  /// The value as it was received, without blanks around it; a view into the text.
  std::string_view json() const { return json_; }

 private:
  void beginRecord() override {}
  void endRecord() override {}
  void noRecord() override {}
  bool member(const std::string&) override { return true; }
  void value(const http::JsonValue&) override { json_ = raw(); }
  void broken(std::string detail) override { fault_ = std::move(detail); }

  std::string_view json_;
  std::string fault_;
};

}  // namespace lull::api
