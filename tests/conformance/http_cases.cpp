#include "conformance/cases.hpp"

#include <lull/net/receiver_result.hpp>

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

/// Answers every request of the connection with the same bytes.
Receiver::Script replies(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    while (connection.readRequest() && connection.send(bytes)) {
    }
  };
}

/// Answers once with the bytes and closes.
Receiver::Script repliesOnce(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    if (connection.readRequest()) connection.send(bytes);
  };
}

/// A 200 whose body has `size` bytes, a NUL among them.
std::string withBody(std::size_t size) {
  std::string body(size, 'b');
  body[size / 2] = '\0';
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body;
}

/// The excerpt is what it always is, and the body is kept only when it was asked for and came whole.
std::function<void(const Observed&)> expectBody(std::optional<std::size_t> size) {
  return [size](const Observed& observed) {
    EXPECT_EQ(observed.last.excerpt, std::string(1024, 'b'));
    ASSERT_EQ(observed.last.body.has_value(), size.has_value());
    if (size) {
      EXPECT_TRUE(withBody(*size).ends_with("\r\n\r\n" + *observed.last.body));
    }
  };
}

void expectRequestAsGiven(const Observed& observed) {
  ASSERT_EQ(observed.receiver.requests().size(), 1U);
  const auto request = observed.receiver.requests().front();
  EXPECT_TRUE(request.starts_with("POST /hook?a=%20b HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(hasHeader(request, "Host", "127.0.0.1:" + std::to_string(observed.receiver.port()))) << request;
  EXPECT_TRUE(hasHeader(request, "Content-Type", "application/json")) << request;
  EXPECT_TRUE(hasHeader(request, "X-Custom", "one, two")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"ChangeType\":1}")) << request;
  EXPECT_EQ(request.find("Expect:"), std::string::npos);
  EXPECT_EQ(request.find("Accept-Encoding:"), std::string::npos);
}

}  // namespace

std::vector<Case> httpCases() {
  return {
      {.name = "Answers",
       .situation = "a plain 200",
       .script = replies(kOk),
       .native = answered(200),
       .cppRest = answered(200),
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.excerpt, "hello"); }},
      {.name = "SendsTheRequestAsGiven",
       .situation = "request line, Host, headers and body arrive as given",
       .script = replies(kOk),
       .native = answered(200),
       .cppRest = answered(200),
       .check = expectRequestAsGiven},
      {.name = "BodyNotAskedFor",
       .situation = "a body of 64 KiB",
       .script = replies(withBody(net::kMostResultBytes)),
       .native = answered(200, "its first KiB kept"),
       .cppRest = answered(200, "its first KiB kept"),
       .check = expectBody(std::nullopt)},
      {.name = "BodyAskedFor",
       .situation = "a body of 64 KiB that is asked for",
       .script = replies(withBody(net::kMostResultBytes)),
       .native = answered(200, "kept whole"),
       .cppRest = answered(200, "kept whole"),
       .wantsBody = true,
       .check = expectBody(net::kMostResultBytes)},
      {.name = "ChunkedBodyAskedFor",
       .situation = "a chunked body that is asked for",
       .script = replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
       .native = answered(200, "kept whole"),
       .cppRest = answered(200, "kept whole"),
       .wantsBody = true,
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.body, "hello"); }},
      {.name = "NoBodyAskedFor",
       .situation = "204 without a body, which is asked for",
       .script = replies("HTTP/1.1 204 No Content\r\n\r\n"),
       .native = answered(204, "an empty one"),
       .cppRest = answered(204, "an empty one"),
       .wantsBody = true,
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.body, ""); }},
      {.name = "LongBodyAskedFor",
       .situation = "a body that is asked for, a byte longer",
       .script = replies(withBody(net::kMostResultBytes + 1)),
       .native = answered(200, "not kept"),
       .cppRest = answered(200, "not kept"),
       .wantsBody = true,
       .check = expectBody(std::nullopt)},
      {.name = "ShortBodyAskedFor",
       .situation = "a body that is asked for and breaks off",
       .script = repliesOnce("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
       .native = answered(200, "not kept"),
       .cppRest = answered(200, "not kept"),
       .wantsBody = true,
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.body, std::nullopt); }},
      {.name = "TwoLengthsAskedFor",
       .situation = "a body that is asked for, under two different lengths",
       .script = repliesOnce("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 4\r\n\r\nhello"),
       .native = answered(200, "not kept"),
       .cppRest = answered(200, "kept as long as one of them says"),
       .wantsBody = true,
       .check =
           [](const Observed& observed) {
             EXPECT_EQ(observed.last.body.has_value(), observed.adapter == Adapter::CppRest);
           }},
      {.name = "ChunkedAnswer",
       .situation = "a chunked answer",
       .script = replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
       .native = answered(200),
       .cppRest = answered(200),
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.excerpt, "hello"); }},
      {.name = "NoContent",
       .situation = "204 without a body",
       .script = replies("HTTP/1.1 204 No Content\r\n\r\n"),
       .native = answered(204),
       .cppRest = answered(204)},
      {.name = "RetryAfter",
       .situation = "503 with Retry-After",
       .script = replies("HTTP/1.1 503 Busy\r\nrETRY-aFTER:  120 \r\nContent-Length: 0\r\n\r\n"),
       .native = answered(503),
       .cppRest = answered(503),
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.retryAfter, "120"); }},
      {.name = "InterimAnswer",
       .situation = "100 Continue before the answer",
       .script = replies("HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\n" + kOk),
       .native = answered(200),
       .cppRest = answered(100, "takes the interim answer for the final one")},
      {.name = "Redirect",
       .situation = "302 to another path",
       .script = replies("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
       .native = answered(302, "not followed"),
       .cppRest = answered(302, "not followed"),
       .check = [](const Observed& observed) { EXPECT_EQ(observed.receiver.requests().size(), 1U); }},
      {.name = "CompressedAnswer",
       .situation = "a body that claims to be gzip",
       .script = replies("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzip!"),
       .native = answered(200, "not unpacked"),
       .cppRest = answered(200, "not unpacked"),
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.excerpt, "zip!"); }},
      {.name = "Http10",
       .situation = "HTTP/1.0, body until close",
       .script = repliesOnce("HTTP/1.0 200 OK\r\n\r\nhello"),
       .native = answered(200),
       .cppRest = answered(200)},
      {.name = "NotHttp",
       .situation = "an answer that is not HTTP",
       .script = repliesOnce("SSH-2.0-OpenSSH_9.2\r\nmore of it\r\n"),
       .native = fails(TransportFailure::Protocol),
       .cppRest = fails(TransportFailure::Reset)},
      {.name = "ShortBody",
       .situation = "fewer bytes than Content-Length, then close",
       .script = repliesOnce("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
       .native = answered(200),
       .cppRest = answered(200)},
      {.name = "LongBody",
       .situation = "more bytes than Content-Length, made up to be the next answer",
       .script = replies(
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 500 Made Up\r\nContent-Length: 0\r\n\r\n"),
       .native = answered(200),
       .cppRest = answered(200),
       .addresses = {"127.0.0.1", "127.0.0.1"}},
      {.name = "BadLength",
       .situation = "a Content-Length that is no number",
       .script = repliesOnce("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"),
       .native = fails(TransportFailure::Protocol),
       .cppRest = answered(200)},
      {.name = "NegativeLength",
       .situation = "a negative Content-Length",
       .script = repliesOnce("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"),
       .native = fails(TransportFailure::Protocol),
       .cppRest = answered(200)},
      {.name = "TwoLengths",
       .situation = "two different Content-Length headers",
       .script = repliesOnce("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 4\r\n\r\nhello"),
       .native = answered(200),
       .cppRest = answered(200)},
  };
}

}  // namespace lull::conformance
