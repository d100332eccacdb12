#include "../../../service/net/answer_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lull::net {

namespace {

using State = AnswerReader::State;

/// The same bytes at once and one at a time must come to the same.
AnswerReader readerOf(const std::string& bytes) {
  AnswerReader whole;
  whole.feed(bytes);
  AnswerReader slow;
  for (std::size_t i = 0; i < bytes.size(); ++i) slow.feed(std::string_view(bytes).substr(i, 1));
  EXPECT_EQ(whole.state(), slow.state()) << bytes;
  EXPECT_EQ(whole.keepsConnection(), slow.keepsConnection()) << bytes;
  EXPECT_EQ(whole.excerpt(), slow.excerpt()) << bytes;
  return whole;
}

struct Row {
  std::string bytes;
  State state;
  int status;
  bool keeps;
  std::string excerpt = {};
};

void expectRows(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    const auto reader = readerOf(row.bytes);
    EXPECT_EQ(reader.state(), row.state) << row.bytes;
    if (reader.statusCounts()) {
      EXPECT_EQ(reader.status(), row.status) << row.bytes;
    }
    EXPECT_EQ(reader.keepsConnection(), row.keeps) << row.bytes;
    EXPECT_EQ(reader.excerpt(), row.excerpt) << row.bytes;
  }
}

TEST(AnswerReader, KeepsTheConnectionAfterAnExactlyFramedAnswerOnly) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  expectRows({
      {ok + "Content-Length: 5\r\n\r\nhello", State::Whole, 200, true, "hello"},
      {ok + "Content-Length: 0\r\n\r\n", State::Whole, 200, true},
      {ok + "content-length:5\r\n\r\nhello!", State::Whole, 200, false, "hello"},
      {ok + "Content-Length: 5\r\n\r\nhellHTTP", State::Whole, 200, false, "hellH"},
      {ok + "Content-Length: 5\r\n\r\nhell", State::Body, 200, false, "hell"},
      {ok + "Content-Length: 5, 5\r\n\r\nhello", State::Whole, 200, false, "hello"},
      {ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", State::Whole, 200, false, "hello"},
      {ok + "Content-Length: 5\r\nContent-Length: 4\r\n\r\nhello", State::Whole, 200, false},
      {ok + "Connection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n", State::Whole, 200, false},
      {ok + "\r\nhello", State::Body, 200, false, "hello"},
      {ok + " folded\r\nContent-Length: 0\r\n\r\n", State::Whole, 200, false},
      {ok + "Content-Length : 0\r\n\r\n", State::Whole, 200, false},
      {ok + "no colon\r\nContent-Length: 0\r\n\r\n", State::Whole, 200, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", State::Whole, 200, false},
      {"HTTP/1.1 204\r\n\r\n", State::Whole, 204, true},
      {"HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n", State::Whole, 204, true},
      {"HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n", State::Whole, 204, false},
      {"HTTP/1.1 204 No Content\r\n\r\nhello", State::Whole, 204, false},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", State::Whole, 304, true},
      {"HTTP/1.1 101 Switching\r\n\r\n", State::Whole, 101, false},
      {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", State::Whole, 200, true},
  });
}

TEST(AnswerReader, ReadsChunkedBodies) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expectRows({
      {head + "2\r\nhe\r\n3;why=not\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", State::Whole, 200, true, "hello"},
      {head + "2\r\nhe\r\n0\r\n\r\nmore", State::Whole, 200, false, "he"},
      {head + "0\r\n\r\n", State::Whole, 200, true},
      {head + "zz\r\n", State::Whole, 200, false},
      {head + "2\r\nhello\r\n", State::Whole, 200, false, "he"},
      {head + "-2\r\nhe", State::Whole, 200, false},
      {head + "2 x\r\nhe", State::Whole, 200, false},
      {head + "fffffffffffffffff\r\nhe", State::Whole, 200, false},
      {head + "2\r\nhe\r\n0\r\nTrailer: x\r\n", State::Body, 200, false, "he"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", State::Whole, 200, false},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", State::Whole, 200, false},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhello", State::Body, 200, false,
       "hello"},
      {"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", State::Whole, 204, false},
  });
}

TEST(AnswerReader, TellsWhatIsNoAnswer) {
  for (const std::string bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n", "\r\nHTTP/1.1 200 OK\r\n", "HTTP/2 200\r\n", "HTTP/1.1 20\r\n",
        "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/1.1 200OK\r\n",
        "http/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5,\r\n"}) {
    EXPECT_EQ(readerOf(bytes).state(), State::NotHttp) << bytes;
  }
}

TEST(AnswerReader, SkipsInterimAnswersWithWhatTheySay) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\nContent-Length: 5\r\n\r\n";
  const auto reader = readerOf(interim + interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reader.state(), State::Whole);
  EXPECT_EQ(reader.status(), 200);
  EXPECT_EQ(reader.retryAfter(), "");
  EXPECT_TRUE(reader.keepsConnection());
  AnswerReader between;
  between.feed(interim);
  EXPECT_TRUE(between.untouched());
  EXPECT_TRUE(between.anyByte());
  between.feed("H");
  EXPECT_FALSE(between.untouched());
}

TEST(AnswerReader, BoundsEverythingThatHasNoEnd) {
  const std::string line = "X-Flood: " + std::string(1000, 'x') + "\r\n";
  const auto flood = [](std::string head, const std::string& again) {
    while (head.size() < 100'000) head += again;
    return head;
  };
  EXPECT_EQ(readerOf(flood("HTTP/1.1 200 OK\r\n", line)).state(), State::TooLong);
  EXPECT_EQ(readerOf(flood("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxx")).state(), State::TooLong);
  EXPECT_EQ(readerOf(flood("", "xxxxxxxx")).state(), State::TooLong);
  EXPECT_EQ(readerOf(flood("", "HTTP/1.1 100 Continue\r\n\r\n")).state(), State::TooLong);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& bytes : {flood("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxx"), flood(chunked + "5;", "extension"),
                            flood(chunked + "0\r\n", line), flood(chunked, "1\r\nx\r\n"),
                            flood("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n", "xxxxxxxx")}) {
    const auto reader = readerOf(bytes);
    EXPECT_EQ(reader.state(), State::Whole) << bytes.substr(0, 80);
    EXPECT_FALSE(reader.keepsConnection());
    EXPECT_LE(reader.excerpt().size(), AnswerLimits{}.excerptBytes);
  }
}

TEST(AnswerReader, KeepsRetryAfterOfTheFinalAnswer) {
  const auto reader = readerOf("HTTP/1.1 503 Busy\r\nrETRY-aFTER:  20.0 \r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reader.retryAfter(), "20.0");
}

}  // namespace

}  // namespace lull::net
