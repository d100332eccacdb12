#pragma once

#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>

#include <string>

namespace lull::http {

/// The outcome of reading a body. NoRoom: the memory for bodies is in use.
enum class BodyState { Complete, TooLarge, Malformed, TooSlow, Closed, NoRoom };

/// What a handler can do with the current request beyond reading its head.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// Reads the body, at most once.
  virtual BodyState read(std::string& out) = 0;
  /// Says that the credential of the request is good, so that strangers do not push its connection out.
  virtual void vouch() = 0;
};

/// Answers requests. Called on many threads at once; must not throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Response handle(const MessageHead& head, RequestSource& source) = 0;
  /// The answer to a head that could not be read.
  virtual Response refuse(const HeadFault& fault) = 0;
  /// Counts a connection for which the system gave no thread.
  virtual void noThread() = 0;
  /// The answer to a client for which there is no place or no thread.
  virtual Response overloaded() = 0;
  /// The answer instead of a response for which there is no memory now.
  virtual Response tooMuch() = 0;
};

}  // namespace lull::http
