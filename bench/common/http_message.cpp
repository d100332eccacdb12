#include "common/http_message.hpp"

#include <strings.h>

#include <charconv>

namespace lull::bench {
namespace {

bool hasName(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view valueOf(std::string_view line, std::string_view name) {
  line.remove_prefix(name.size() + 1);
  while (!line.empty() && line.front() == ' ') {
    line.remove_prefix(1);
  }
  return line;
}

void applyHeader(std::string_view line, MessageHead& head) {
  // Most lines start with another letter; the first character decides before any comparison of names.
  switch (line.front() | 0x20) {
    case 'c':
      if (hasName(line, "content-length")) {
        const auto text = valueOf(line, "content-length");
        std::from_chars(text.data(), text.data() + text.size(), head.contentLength);
      } else if (hasName(line, "connection")) {
        head.close = strncasecmp(valueOf(line, "connection").data(), "close", 5) == 0;
      }
      break;
    case 't':
      head.chunked = head.chunked || hasName(line, "transfer-encoding");
      break;
    default:
      break;
  }
}

/// Bytes of the chunked body at the front of `body`, without trailers (none of the contestants sends them).
std::optional<std::size_t> chunkedSize(std::string_view body) {
  std::size_t at = 0;
  while (true) {
    const auto lineEnd = body.find("\r\n", at);
    if (lineEnd == std::string_view::npos) {
      return std::nullopt;
    }
    std::size_t length = 0;
    std::from_chars(body.data() + at, body.data() + lineEnd, length, 16);
    at = lineEnd + 2 + length + 2;
    if (at > body.size()) {
      return std::nullopt;
    }
    if (length == 0) {
      return at;
    }
  }
}

}  // namespace

std::optional<Message> parseMessage(std::string_view buffer) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  Message message;
  message.head.size = end + 4;
  const auto lines = buffer.substr(0, end + 2);
  auto lineEnd = lines.find("\r\n");
  message.head.firstLine = lines.substr(0, lineEnd);
  for (std::size_t at = lineEnd + 2; at < lines.size(); at = lineEnd + 2) {
    lineEnd = lines.find("\r\n", at);
    applyHeader(lines.substr(at, lineEnd - at), message.head);
  }
  const auto rest = buffer.substr(message.head.size);
  const auto bodySize = message.head.chunked ? chunkedSize(rest) : std::optional(message.head.contentLength);
  if (!bodySize || *bodySize > rest.size()) {
    return std::nullopt;
  }
  message.body = rest.substr(0, *bodySize);
  message.size = message.head.size + *bodySize;
  return message;
}

int statusOf(const MessageHead& head) {
  int status = 0;
  if (head.firstLine.size() >= 12) {
    std::from_chars(head.firstLine.data() + 9, head.firstLine.data() + 12, status);
  }
  return status;
}

std::string_view pathOf(const MessageHead& head) {
  const auto from = head.firstLine.find(' ');
  if (from == std::string_view::npos) {
    return {};
  }
  const auto to = head.firstLine.find(' ', from + 1);
  return head.firstLine.substr(from + 1, to - from - 1);
}

}  // namespace lull::bench
