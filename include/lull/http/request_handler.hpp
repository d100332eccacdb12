#pragma once

#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>

#include <string>

namespace lull::http {

/// What became of reading a body. NoRoom: the memory for bodies is in use.
enum class BodyState { Complete, TooLarge, Malformed, TooSlow, Closed, NoRoom };

/// The request at hand, beyond its head.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// Reads the body, at most once.
  virtual BodyState read(std::string& out) = 0;
  /// The request's credential is good: its connection is nobody's whom others push out.
  virtual void vouch() = 0;
};

/// What answers requests. Called on many threads at once; must not throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Response handle(const MessageHead& head, RequestSource& source) = 0;
  /// The answer to a head that could not be read.
  virtual Response refuse(const HeadFault& fault) = 0;
  /// The system gave no thread for a connection.
  virtual void noThread() = 0;
  /// The answer to a client for whom there is no place or no thread.
  virtual Response overloaded() = 0;
  /// Instead of a response for which there is no memory now.
  virtual Response tooMuch() = 0;
};

}  // namespace lull::http
