#include <lull/net/receiver_result.hpp>
#include <lull/text/utf8.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lull::net {
namespace {

struct BodyAndResult {
  std::string body;
  ReceiverResult result;
  std::string message{};
};

TEST(ReceiverResult, IsWhatABodyOfItsFormSays) {
  using enum lull::ReceiverResult;
  const std::vector<BodyAndResult> rows{
      {"", Ok},
      {R"({"result":"OK"})", Ok},
      {R"({"result":"Error"})", Error},
      {R"({"result":"ErrorAndSkip"})", ErrorAndSkip},
      {R"({"result":"SkipNow"})", SkipNow},
      {R"({"result":0})", Ok},
      {R"({"result":1})", Error},
      {R"({"result":2})", ErrorAndSkip},
      {R"({"result":3})", SkipNow},
      {R"({"result":"Error","message":"The index is locked."})", Error, "The index is locked."},
      {R"({"message":"é\u00e9","result":2})", ErrorAndSkip, "éé"},
      {R"({"result":"OK","message":null})", Ok},
      {R"({"result":"OK","message":""})", Ok},
      {R"({"result":"SkipNow","message":"a\u0000b"})", SkipNow,
       "a\xEF\xBF\xBD"
       "b"},
      {" \r\n\t{ \"result\" :\n\"OK\" } \n", Ok},
      {"\xEF\xBB\xBF{\"result\":\"OK\"}", Ok},
      {"{\"res\\u0075lt\":\"O\\u004b\"}", Ok},
      // What else the receiver tells of itself does not matter.
      {R"({"result":"OK","took":1.5,"ids":[1,{"result":"Error","message":[]}],"ok":false,"x":null,"y":-1})", Ok},
      {R"({"inner":{"result":3},"result":0})", Ok},
      {R"({"result":"OK","x":{"message":5}})", Ok}};
  for (const auto& row : rows) {
    const auto answer = resultOf(200, {row.body});
    ASSERT_TRUE(answer) << row.body;
    EXPECT_EQ(answer->result, row.result) << row.body;
    EXPECT_EQ(answer->message, row.message) << row.body;
  }
}

TEST(ReceiverResult, IsErrorForEveryOtherBodyAndSaysWhatWasExpected) {
  using enum lull::ReceiverResult;
  const std::vector<std::string> bodies{
      " ", "\n", "OK", "ok", "0", "\"OK\"", "null", "true", "1.5", "[]", "{}", "[{\"result\":\"OK\"}]",
      R"(["result","OK"])",
      // Names are spelt exactly so.
      R"({"result":"ok"})", R"({"result":"Ok"})", R"({"result":"Skip"})", R"({"result":""})", R"({"result":" OK"})",
      R"({"result":"0"})", R"({"Result":"OK"})", R"({"RESULT":0})", R"({"message":"OK"})",
      R"({"inner":{"result":"OK"}})",
      // Other values
      R"({"result":4})", R"({"result":-1})", R"({"result":-0})", R"({"result":0.0})", R"({"result":1e0})",
      R"({"result":18446744073709551616})", R"({"result":1e999})", R"({"result":null})", R"({"result":true})",
      R"({"result":["OK"]})", R"({"result":{"result":"OK"}})", R"({"result":[]})", R"({"result":"OK","message":5})",
      R"({"result":"OK","message":false})", R"({"result":"OK","message":["a"]})", R"({"result":"OK","message":{}})",
      // Twice
      R"({"result":"OK","result":"OK"})", R"({"result":"OK","message":"a","message":"b"})",
      // No JSON
      R"({"result":"OK")", R"({"result":"OK"}x)", R"({"result":"OK"}{"result":"OK"})", R"({'result':'OK'})",
      R"({"result":OK})", R"({"result":"OK",})", R"({"result":"OK"/*all is well*/})", R"({result:"OK"})",
      R"(<html>OK</html>)", "{\"result\":\"OK\",\"x\":\"\xc3\x28\"}", R"({"result":"OK","x":"\ud800"})",
      std::string("\0", 1), std::string("{\"result\":\"OK\"}\0", 16), "\xEF\xBB\xBF", "\xFE\xFF", "\x1F\x8B\x08",
      R"({"result":"OK","x":1e999})"};
  for (const auto& body : bodies) {
    const auto answer = resultOf(200, {body});
    ASSERT_TRUE(answer) << body;
    EXPECT_EQ(answer->result, Error) << body;
    EXPECT_NE(answer->message.find("must be empty, or JSON with a result of OK"), std::string::npos) << body;
  }
}

TEST(ReceiverResult, OfAnyOtherStatusTheStatusDecides) {
  using enum lull::ReceiverResult;
  for (const int status : {100, 101, 199, 300, 302, 400, 404, 410, 429, 500, 503, 599, 0, -200}) {
    EXPECT_FALSE(resultOf(status, {R"({"result":"OK"})"})) << status;
    EXPECT_FALSE(resultOf(status, {""})) << status;
  }
  for (const int status : {200, 201, 202, 204, 206, 299}) {
    EXPECT_EQ(resultOf(status, {""}).value().result, Ok) << status;
    EXPECT_EQ(resultOf(status, {R"({"result":3})"}).value().result, SkipNow) << status;
    EXPECT_EQ(resultOf(status, {"done"}).value().result, Error) << status;
  }
}

TEST(ReceiverResult, IsErrorWhenTheBodyWasNotReadWhole) {
  using enum lull::ReceiverResult;
  for (const std::string body : {"", R"({"result":"OK"})"}) {
    const auto answer = resultOf(200, {.bytes = body, .whole = false}).value();
    EXPECT_EQ(answer.result, Error);
    EXPECT_NE(answer.message.find("longer than 64 KiB"), std::string::npos);
  }
  const std::string head = R"({"result":"OK"})";
  EXPECT_EQ(resultOf(200, {head + std::string(kMostResultBytes - head.size(), ' ')}).value().result, Ok);
  EXPECT_EQ(resultOf(200, {head + std::string(kMostResultBytes - head.size() + 1, ' ')}).value().result, Error);
}

TEST(ReceiverResult, KeepsTheBeginningOfALongMessageInWholeCharacters) {
  using enum lull::ReceiverResult;
  std::string message = "x";  // an odd byte, so that the limit falls into a character
  for (std::size_t i = 0; i < kMostResultMessageBytes; ++i) message += "é";
  const auto answer = resultOf(200, {R"({"result":"ErrorAndSkip","message":")" + message + "\"}"}).value();
  EXPECT_EQ(answer.result, ErrorAndSkip);
  EXPECT_EQ(answer.message.size(), kMostResultMessageBytes - 1);
  EXPECT_TRUE(text::isUtf8(answer.message));
}

TEST(ReceiverResult, OfManyLevelsIsReadWithoutRecursion) {
  using enum lull::ReceiverResult;
  const auto nested = [](std::size_t levels, const std::string& before) {
    return before + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  EXPECT_EQ(resultOf(200, {nested(30'000, R"({"result":"OK","x":)")}).value().result, Ok);
  EXPECT_EQ(resultOf(200, {nested(30'000, R"({"result":)")}).value().result, Error);
  EXPECT_EQ(resultOf(200, {std::string(65'536, '[')}).value().result, Error);
}

}  // namespace
}  // namespace lull::net
