#include <lull/net/receiver_result.hpp>
#include <lull/net/response_policy.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace lull::net {

namespace {

constexpr std::string_view kNoResult =
    "The receiver's answer is no result: its body must be empty, or JSON with a result of OK, Error, ErrorAndSkip or "
    "SkipNow, and a text as message if there is one.";
constexpr std::string_view kTooLong =
    "The receiver's answer is no result: its body is longer than 64 KiB, which is all that is read, or broke off.";

bool isSuccess(int status) {
  return status >= 200 && status <= 299;
}

/// Reads the object of a result in one pass and without a tree. What lies in members of other names is only checked
/// to be JSON. Each handler returns false to give up: then it is no result.
class ResultReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// nullopt when there is no result in it, although all of it was read.
  std::optional<ReceiverAnswer> take() {
    if (!result_) return std::nullopt;
    return ReceiverAnswer{*result_, readableExcerpt(message_, kMostResultMessageBytes)};
  }

  bool null() override { return !atMember(Member::Result) && isObject(); }
  bool boolean(bool) override { return isPassedOver(); }
  bool number_integer(std::int64_t) override { return isPassedOver(); }  // negative
  bool number_unsigned(std::uint64_t number) override {
    if (!atMember(Member::Result)) return isPassedOver();
    result_ = receiverResultOf(number);
    return result_.has_value();
  }
  bool number_float(double, const std::string&) override { return isPassedOver(); }
  bool string(std::string& text) override {
    if (atMember(Member::Message)) message_ = std::move(text);
    if (!atMember(Member::Result)) return isObject();
    result_ = parseReceiverResult(text);
    return result_.has_value();
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return descend(depth_ == 0); }
  bool end_object() override { return ascend(); }
  bool start_array(std::size_t) override { return descend(false); }
  bool end_array() override { return ascend(); }
  bool key(std::string& name) override {
    if (depth_ != 1) return true;
    if (name == "result") return begin(Member::Result, hasResult_);
    if (name == "message") return begin(Member::Message, hasMessage_);
    member_ = Member::Other;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  enum class Member : std::uint8_t { Other, Result, Message };

  bool isObject() const { return depth_ > 0; }
  bool atMember(Member member) const { return depth_ == 1 && member_ == member; }
  /// Whether a value that neither a result nor a message can have may stand here.
  bool isPassedOver() const { return isObject() && !atMember(Member::Result) && !atMember(Member::Message); }

  bool descend(bool allowed) {
    if (!allowed && !isPassedOver()) return false;
    ++depth_;
    return true;
  }
  bool ascend() {
    --depth_;
    return true;
  }
  /// Of a member that is given twice nobody knows which one counts.
  bool begin(Member member, bool& given) {
    member_ = member;
    return !std::exchange(given, true);
  }

  std::size_t depth_ = 0;
  Member member_ = Member::Other;
  bool hasResult_ = false;
  bool hasMessage_ = false;
  std::optional<ReceiverResult> result_;
  std::string message_;
};

ReceiverAnswer noResult(std::string_view sentence) {
  return {ReceiverResult::Error, std::string(sentence)};
}

}  // namespace

std::optional<ReceiverAnswer> resultOf(int status, const AnswerBody& body) {
  if (!isSuccess(status)) return std::nullopt;
  if (!body.whole || body.bytes.size() > kMostResultBytes) return noResult(kTooLong);
  if (body.bytes.empty()) return ReceiverAnswer{ReceiverResult::Ok};
  // nlohmann takes a NUL byte for the end of the text and would not see what follows.
  if (body.bytes.find('\0') != std::string_view::npos) return noResult(kNoResult);
  ResultReader reader;
  if (!nlohmann::json::sax_parse(body.bytes.begin(), body.bytes.end(), &reader)) return noResult(kNoResult);
  auto answer = reader.take();
  return answer ? std::move(*answer) : noResult(kNoResult);
}

}  // namespace lull::net
