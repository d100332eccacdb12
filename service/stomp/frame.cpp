#include "frame.hpp"

#include <algorithm>
#include <charconv>

namespace lull::stomp {

namespace {

/// Frames of which neither names nor values are escaped, because STOMP 1.0 did not.
bool isPlain(std::string_view command) {
  return command == "CONNECT" || command == "CONNECTED";
}

void appendEscaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\r':
        to += "\\r";
        break;
      case '\n':
        to += "\\n";
        break;
      case ':':
        to += "\\c";
        break;
      case '\\':
        to += "\\\\";
        break;
      default:
        to += c;
    }
  }
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'r':
        result += '\r';
        break;
      case 'n':
        result += '\n';
        break;
      case 'c':
        result += ':';
        break;
      case '\\':
        result += '\\';
        break;
      default:
        return std::nullopt;
    }
  }
  return result;
}

}  // namespace

const std::string* Frame::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? nullptr : &found->second;
}

std::string encode(const Frame& frame) {
  std::string bytes = frame.command + "\n";
  const bool plain = isPlain(frame.command);
  const auto append = [&](std::string_view text) {
    if (plain)
      bytes += text;
    else
      appendEscaped(bytes, text);
  };
  for (const auto& [name, value] : frame.headers) {
    append(name);
    bytes += ':';
    append(value);
    bytes += '\n';
  }
  bytes += '\n';
  bytes += frame.body;
  bytes += '\0';
  return bytes;
}

void FrameReader::fail(const char* why) {
  fault_ = why;
  buffer_.clear();
  read_ = 0;
}

/// The line that begins there, without its end (a line feed, and a carriage return before it); `at` moves behind it.
std::optional<std::string> FrameReader::line(std::size_t& at) {
  const auto end = buffer_.find('\n', at);
  if (end == std::string::npos) return std::nullopt;
  std::string text = buffer_.substr(at, end - at);
  if (text.ends_with('\r')) text.pop_back();
  at = end + 1;
  return text;
}

std::optional<FrameReader::Head> FrameReader::head() {
  while (read_ < buffer_.size() && (buffer_[read_] == '\n' || buffer_[read_] == '\r')) ++read_;
  Head head;
  head.bodyAt = read_;
  // Said before the line is complete: who speaks another protocol may never end it.
  auto afterCommand = std::min(buffer_.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", read_), buffer_.size());
  if (afterCommand < buffer_.size() && buffer_[afterCommand] == '\r') ++afterCommand;
  if (afterCommand < buffer_.size() && buffer_[afterCommand] != '\n') {
    fail("something that is no frame");
    return std::nullopt;
  }
  auto text = line(head.bodyAt);
  if (text) head.frame.command = *std::move(text);
  while (text && (text = line(head.bodyAt)) && !text->empty()) {
    const auto colon = text->find(':');
    if (colon == std::string::npos) {
      fail("a header without a colon");
      return std::nullopt;
    }
    const bool plain = isPlain(head.frame.command);
    auto name = plain ? text->substr(0, colon) : unescaped(std::string_view(*text).substr(0, colon));
    auto value = plain ? text->substr(colon + 1) : unescaped(std::string_view(*text).substr(colon + 1));
    if (!name || !value) {
      fail("an unknown escape in a header");
      return std::nullopt;
    }
    head.frame.headers.emplace_back(*std::move(name), *std::move(value));
  }
  if ((text ? head.bodyAt - read_ : buffered()) > kMostHeaderBytes) {
    fail("headers of more than 64 KiB");
    return std::nullopt;
  }
  if (!text) return std::nullopt;
  return head;
}

/// Where the zero byte at the end of the body is.
std::optional<std::size_t> FrameReader::bodyEnd(const Head& head) {
  if (const auto* given = head.frame.header("content-length")) {
    std::size_t length = 0;
    const auto* end = given->data() + given->size();
    const auto [stopped, error] = std::from_chars(given->data(), end, length);
    if (given->empty() || error != std::errc{} || stopped != end || length > kMostBodyBytes) {
      fail("a content-length that is no number, or above 1 MiB");
      return std::nullopt;
    }
    if (buffer_.size() <= head.bodyAt + length) return std::nullopt;
    if (buffer_[head.bodyAt + length] == '\0') return head.bodyAt + length;
    fail("a body that does not end where its content-length says");
    return std::nullopt;
  }
  const auto end = buffer_.find('\0', head.bodyAt);
  if ((end == std::string::npos ? buffer_.size() : end) - head.bodyAt > kMostBodyBytes) {
    fail("a body of more than 1 MiB");
    return std::nullopt;
  }
  if (end == std::string::npos) return std::nullopt;
  return end;
}

std::optional<Frame> FrameReader::next() {
  if (!fault_.empty()) {
    buffer_.clear();
    return std::nullopt;
  }
  auto head = this->head();
  const auto end = head ? bodyEnd(*head) : std::nullopt;
  if (!end) {
    buffer_.erase(0, read_);
    read_ = 0;
    return std::nullopt;
  }
  head->frame.body = buffer_.substr(head->bodyAt, *end - head->bodyAt);
  read_ = *end + 1;
  return std::move(head->frame);
}

}  // namespace lull::stomp
