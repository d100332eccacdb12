#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lull::bench {

/// What the measuring programs need of an HTTP/1.1 head (RFC 9112), request or response. Views point into the buffer.
struct MessageHead {
  std::string_view firstLine;
  std::size_t size = 0;           ///< Bytes of the head with its closing empty line.
  std::size_t contentLength = 0;  ///< 0 when absent.
  bool chunked = false;
  bool close = false;  ///< The peer closes the connection after this message.
};

/// A complete message at the front of a buffer.
struct Message {
  MessageHead head;
  std::string_view body;  ///< Raw: a chunked body keeps its chunk framing.
  std::size_t size = 0;   ///< Bytes of head and body.
};

/// The message at the front of `buffer`, or nothing while it is incomplete.
std::optional<Message> parseMessage(std::string_view buffer);

/// The status code of a response's first line, or 0 when it is none.
int statusOf(const MessageHead& head);

/// The path of a request's first line.
std::string_view pathOf(const MessageHead& head);

}  // namespace lull::bench
