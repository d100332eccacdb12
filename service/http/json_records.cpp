#include "json_iterators.hpp"

#include <lull/http/json_records.hpp>

#include <limits>

namespace lull::http {

bool JsonRecords::read(std::string_view text, Form form, Numbers numbers) {
  form_ = form;
  seen_ = text.data();
  const char* end = text.data() + text.size();
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    broken(notJsonAt(nul + 1));
    return true;
  }
  if (form == Form::Value) {
    // What would be a member's value is the whole text. nlohmann passes over a byte order mark, which is no part of it.
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    inRecord_ = true;
    recordDepth_ = 0;
    valueFrom_ = text.data() + (text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  }
  nlohmann::json_sax<nlohmann::json>* self = this;
  if (numbers == Numbers::AsTheyAre) {
    nlohmann::json::sax_parse(text::CountingIterator(text.data(), &seen_), text::CountingIterator(end, &seen_), self);
  } else {
    nlohmann::json::sax_parse(ShorteningIterator(text.data(), end, &seen_), ShorteningIterator(end, end, &seen_), self);
  }
  return !hugeNumber_;
}

std::string_view JsonRecords::raw() const {
  // The colon and blanks stand before the value.
  std::string_view text(valueFrom_, static_cast<std::size_t>(seen_ - valueFrom_));
  text.remove_prefix(text.find_first_not_of(": \t\r\n"));
  // A number is only known to have ended by the byte after it, which the parser has taken by then.
  if (isNumber_) text = text.substr(0, text.find_last_not_of(",}] \t\r\n") + 1);
  return text;
}

bool JsonRecords::number_unsigned(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return number({});
  return number({JsonValue::Kind::Integer, static_cast<std::int64_t>(value)});
}

bool JsonRecords::number(const JsonValue& given) {
  isNumber_ = true;
  scalar(given);
  isNumber_ = false;
  return true;
}

bool JsonRecords::scalar(const JsonValue& given) {
  if (!inRecord_) {
    noRecord();
    if (inArray_) ++index_;
  } else if (depth_ == recordDepth_) {
    value(given);
  }
  return true;
}

bool JsonRecords::start_object(std::size_t) {
  if (!descend()) return false;
  if (inRecord_) return true;
  inRecord_ = true;
  recordDepth_ = depth_;
  beginRecord();
  return true;
}

bool JsonRecords::start_array(std::size_t) {
  if (inRecord_) return descend();
  if (depth_ > 0 || form_ == Form::One) {
    noRecord();
    return false;
  }
  inArray_ = true;
  return descend();
}

bool JsonRecords::key(std::string& name) {
  if (depth_ != recordDepth_) return true;
  valueFrom_ = seen_;
  return member(name);
}

bool JsonRecords::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& fault) {
  constexpr int kNumberOutOfRange = 406;
  hugeNumber_ = fault.id == kNumberOutOfRange;
  broken(notJsonAt(position));
  return false;
}

bool JsonRecords::descend() {
  if (depth_ == kMaxJsonDepth) {
    broken(std::string(kTooDeep));
    return false;
  }
  ++depth_;
  return true;
}

bool JsonRecords::ascend() {
  if (inRecord_ && depth_ == recordDepth_) {
    endRecord();
    inRecord_ = false;
    if (inArray_) ++index_;
  }
  --depth_;
  if (inRecord_ && depth_ == recordDepth_) value({});
  return true;
}

}  // namespace lull::http
