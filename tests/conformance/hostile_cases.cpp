#include "conformance/cases.hpp"

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

/// Sends the head, then the same bytes again and again.
Receiver::Script endless(std::string head, std::string again, std::chrono::milliseconds every = 1ms) {
  return [=](Connection& connection) {
    if (!connection.readRequest() || !connection.send(head)) return;
    while (connection.send(again) && connection.pause(every)) {
    }
  };
}

/// A gzip stream (RFC 1951, RFC 1952) by hand: one zero, then again and again "258 bytes as the one before".
std::string zerosAsGzip(std::size_t size) {
  std::string stream("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10);
  unsigned bits = 0;
  unsigned count = 0;
  const auto put = [&](std::string_view code) {
    for (const char bit : code) {
      bits |= (bit == '1' ? 1U : 0U) << count;
      if (++count < 8) continue;
      stream.push_back(static_cast<char>(bits));
      bits = count = 0;
    }
  };
  put("110");       // the last block, with the fixed codes
  put("00110000");  // a zero
  while (stream.size() < size)
    put("11000101"
        "00000");
  return stream;
}

void gzipBomb(Connection& connection) {
  const auto body = zerosAsGzip(60UL * 1024);
  if (!connection.readRequest()) return;
  connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) +
                  "\r\n\r\n" + body);
}

void expectDeadline(const Observed& observed) {
  EXPECT_GE(observed.elapsed, 400ms);
  EXPECT_LT(observed.elapsed, 1500ms);
}

void expectReadLittle(const Observed& observed) {
  if (observed.adapter == Adapter::Native) {
    EXPECT_LT(observed.elapsed, 2s);
  }
}

}  // namespace

std::vector<Case> hostileCases() {
  const std::string kilobyte(1024, 'x');
  const std::string largeBlock(16384, 'x');
  return {
      {.name = "NeverAnswers",
       .situation = "never answers",
       .script =
           [](Connection& connection) {
             if (connection.readRequest()) connection.awaitClose();
           },
       .native = fails(TransportFailure::Timeout),
       .cppRest = fails(TransportFailure::Timeout),
       .timeout = 400ms,
       .check = expectDeadline},
      {.name = "DripsHeaders",
       .situation = "drips its headers, a byte at a time",
       .script = endless("HTTP/1.1 200 OK\r\nX-Drip: ", "x", 20ms),
       .native = fails(TransportFailure::Timeout),
       .cppRest = fails(TransportFailure::Timeout),
       .timeout = 400ms,
       .check = expectDeadline},
      {.name = "DripsBody",
       .situation = "drips its body",
       .script = endless("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x", 20ms),
       .native = fails(TransportFailure::Timeout),
       .cppRest = fails(TransportFailure::Timeout),
       .timeout = 400ms,
       .check = expectDeadline},
      {.name = "EndlessHeaders",
       .situation = "sends headers without end",
       .script = endless("HTTP/1.1 200 OK\r\n", "X-Flood: " + kilobyte + "\r\n"),
       .native = fails(TransportFailure::Protocol, "cut at 32 KiB"),
       .cppRest = fails(TransportFailure::Timeout, "no cap; buffers until the deadline"),
       .timeout = 2000ms,
       .check =
           [](const Observed& observed) {
             if (observed.adapter == Adapter::Native) {
               EXPECT_LT(observed.elapsed, 1900ms);
             }
           }},
      {.name = "EndlessHeaderLine",
       .situation = "sends one header line without end",
       .script = endless("HTTP/1.1 200 OK\r\nX-Flood: ", largeBlock),
       .native = fails(TransportFailure::Protocol, "cut at 32 KiB"),
       .cppRest = fails(TransportFailure::Timeout, "no cap; buffers until the deadline"),
       .timeout = 2000ms},
      {.name = "EndlessInterimAnswers",
       .situation = "sends 100 Continue without end",
       .script = endless("", "HTTP/1.1 100 Continue\r\nX-Flood: " + kilobyte + "\r\n\r\n"),
       .native = fails(TransportFailure::Protocol, "cut at 32 KiB"),
       .cppRest = answered(100, "takes the interim answer for the final one"),
       .timeout = 2000ms},
      {.name = "EndlessBody",
       .situation = "sends a body without end",
       .script = endless("HTTP/1.1 200 OK\r\n\r\n", largeBlock),
       .native = answered(200, "cut at 64 KiB"),
       .cppRest = answered(200, "cut at 64 KiB"),
       .check = [](const Observed& observed) { EXPECT_EQ(observed.last.excerpt, std::string(1024, 'x')); }},
      {.name = "GzipBomb",
       .situation = "9 MiB of zeros, packed into 60 KiB of gzip",
       .script = gzipBomb,
       .native = answered(200, "not unpacked"),
       .cppRest = answered(200, "not unpacked"),
       .check = [](const Observed& observed) { EXPECT_TRUE(observed.last.excerpt.starts_with("\x1F\x8B")); }},
      {.name = "HugeContentLength",
       .situation = "announces 2 GiB by Content-Length and sends on",
       .script = endless("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n", largeBlock),
       .native = answered(200, "cut at 64 KiB"),
       .cppRest = answered(200, "cut at 64 KiB"),
       .check = expectReadLittle},
      {.name = "HugeChunk",
       .situation = "announces a chunk of 2 GiB and sends on",
       .script = endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffff00\r\n", largeBlock),
       .native = answered(200, "cut at 64 KiB"),
       .cppRest = fails(TransportFailure::Timeout, "buffers the chunk until the deadline"),
       .timeout = 1000ms,
       .check = expectReadLittle},
      {.name = "BadChunk",
       .situation = "a chunk size that is no number",
       .script =
           [](Connection& connection) {
             if (connection.readRequest())
               connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
           },
       .native = answered(200),
       .cppRest = answered(200)},
  };
}

}  // namespace lull::conformance
