#pragma once

#include <lull/domain/event.hpp>
#include <lull/domain/result.hpp>

#include <string>

namespace lull::ports {

/// A message of a broker that is to be an event, before anything is checked.
struct MessageText {
  std::string contentType{};      ///< empty: it names none
  std::string contentEncoding{};  ///< empty: it names none
  std::string body{};
};

/// Makes an event of a message, by the rules of `POST /events`: of an event's JSON or of a CloudEvent. Thread-safe.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  /// InvalidInput: the message is a sentence for people that says what is wrong. It holds no more of the body than what
  /// `POST /events` would say of it.
  virtual Result<Event> read(const MessageText& text) const = 0;
};

}  // namespace lull::ports
