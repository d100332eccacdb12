#include "../../../service/stomp/frame.hpp"

#include <gmock/gmock.h>

namespace lull::stomp {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::Pair;

std::vector<Frame> framesOf(FrameReader& reader, std::string_view bytes, std::size_t piece) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto frame = reader.next()) frames.push_back(*std::move(frame));
  }
  return frames;
}

TEST(StompFrame, HeadersAreEscapedAndTheBodyIsNot) {
  EXPECT_EQ(encode({"SEND", {{"a:b", "c\\d\r\n"}}, "x:\n\\y"}), "SEND\na\\cb:c\\\\d\\r\\n\n\nx:\n\\y\0"s);
}

TEST(StompFrame, ConnectIsNotEscapedForThoseWhoKnowOneDotZeroOnly) {
  EXPECT_EQ(encode({"CONNECT", {{"passcode", "a:b\\c"}}}), "CONNECT\npasscode:a:b\\c\n\n\0"s);
}

TEST(StompFrame, WhatIsWrittenIsReadAgainHoweverItArrives) {
  const Frame frame{"MESSAGE", {{"content-length", "5"}, {"a:b\n", "\\c\r"}, {"", ""}}, "a\0b\n\0"s};
  const auto bytes = encode(frame) + "\n\r\n" + encode({"RECEIPT", {{"receipt-id", "7"}}});
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    FrameReader reader;
    const auto frames = framesOf(reader, bytes, piece);
    ASSERT_EQ(frames.size(), 2U) << piece << " " << reader.fault();
    EXPECT_EQ(frames[0].headers, frame.headers);
    EXPECT_EQ(frames[0].body, frame.body);
    EXPECT_EQ(frames[1].command, "RECEIPT");
    EXPECT_EQ(*frames[1].header("receipt-id"), "7");
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(StompFrame, LinesMayEndWithACarriageReturnAndOfEqualHeadersTheFirstCounts) {
  FrameReader reader;
  const auto frames = framesOf(reader, "\r\nRECEIPT\r\nreceipt-id:1\r\nreceipt-id:2\r\n\r\n\0"s, 100);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].command, "RECEIPT");
  EXPECT_EQ(*frames[0].header("receipt-id"), "1");
  EXPECT_EQ(frames[0].header("message"), nullptr);
}

TEST(StompFrame, OfConnectedNothingIsUnescaped) {
  FrameReader reader;
  const auto frames = framesOf(reader, "CONNECTED\nserver:a\\x:b\n\n\0"s, 100);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_THAT(frames[0].headers, ElementsAre(Pair("server", "a\\x:b")));
}

TEST(StompFrame, WhatIsNoStompIsAFaultAndNothingIsReadAfterIt) {
  for (const auto& bytes :
       {"RECEIPT\nreceipt-id\n\n\0"s, "RECEIPT\na:\\t\n\n\0"s, "RECEIPT\na:\\\n\n\0"s, "RECEIPT\n\\x:a\n\n\0"s,
        "MESSAGE\ncontent-length:2\n\nabc\0"s, "MESSAGE\ncontent-length:x\n\n\0"s, "MESSAGE\ncontent-length:\n\n\0"s,
        "MESSAGE\ncontent-length:-1\n\n\0"s, "MESSAGE\ncontent-length:1048577\n\n"s, "HTTP/1.1 400 Bad Request"s,
        "AMQP\0\1\0\0"s, " RECEIPT\nreceipt-id:1\n\n\0"s, "R\rX\n\n\0"s}) {
    FrameReader reader;
    EXPECT_TRUE(framesOf(reader, bytes, 1000).empty()) << bytes;
    EXPECT_NE(reader.fault(), "") << bytes;
    EXPECT_TRUE(framesOf(reader, "RECEIPT\nreceipt-id:1\n\n\0"s, 1000).empty());
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(StompFrame, ABrokerCannotFillTheMemory) {
  for (const auto& begin : {""s, "ERROR\na:"s, "ERROR\n"s, "ERROR\n\n"s}) {
    FrameReader reader;
    reader.feed(begin);
    std::size_t most = 0;
    for (int i = 0; i < 300 && reader.fault().empty(); ++i) {
      reader.feed(begin == "ERROR\n" ? "a:b\n" + std::string(10'000, 'X') + ":\n" : std::string(10'000, 'X'));
      reader.next();
      most = std::max(most, reader.buffered());
    }
    EXPECT_NE(reader.fault(), "") << begin;
    EXPECT_LT(most, FrameReader::kMostHeaderBytes + FrameReader::kMostBodyBytes + 20'000);
  }
}

}  // namespace
}  // namespace lull::stomp
