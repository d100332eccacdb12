#pragma once

#include <lull/http/json.hpp>

#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::http {

/// The Content-Security-Policy of what is no page: a browser that shows it runs and loads nothing.
inline constexpr std::string_view kDataPolicy = "default-src 'none'; frame-ancestors 'none'";

struct Response;

/// A request that is answered later: its connection waits for the answer without a thread, and does not count as one of
/// those that the listener may have at most. All functions are called at most once, and none after the answer. They are
/// called on threads that others wait for, so they must not block, nor throw. The listener lets go of this object when
/// the request has ended one way or the other.
class Waiting {
 public:
  virtual ~Waiting() = default;
  /// The connection waits from now on. `answer` sends the response; it may be called at once, later, and on any thread,
  /// also when the listener is gone. Only the first call counts, and none does when nobody wants the answer any more.
  virtual void begin(std::function<void(Response)> answer) = 0;
  /// Nobody wants the answer any more: the client has hung up, or the listener has ended. Never called while begin()
  /// is, but it may come without a begin(), when there is no room for another connection that waits.
  virtual void gone() = 0;
};

/// What is sent back. `borrowed` is used instead of `body` for bytes that live as long as the process.
struct Response {
  int status = 200;
  std::string contentType = "application/json";
  std::string body;
  std::string_view borrowed;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view policy = kDataPolicy;  ///< Content-Security-Policy; lives as long as the process, as the next
  std::string_view caching = "no-store";  ///< Cache-Control
  std::shared_ptr<Waiting> waiting{};     ///< set: there is no response yet, and nothing else here counts

  std::string_view content() const { return borrowed.empty() ? std::string_view(body) : borrowed; }
};

inline Response jsonResponse(int status, const Json& json) {
  Response response;
  response.status = status;
  response.body = dump(json);
  return response;
}

/// A JSON array that is written item by item: a page, or a row per endpoint, is never held as a tree as well.
class ArrayText {
 public:
  void add(const Json& item) { text_.append(text_.empty() ? "[" : ",").append(dump(item)); }
  std::string take() && { return text_.empty() ? "[]" : std::move(text_.append("]")); }

 private:
  std::string text_;
};

/// An object of the members of `before`, one called `name` that is the JSON text `json` as it stands, and the members
/// of `after` (at least one).
inline Response memberResponse(const Json& before, std::string_view name, std::string_view json, const Json& after) {
  Response response;
  auto& body = response.body = before.empty() ? "{" : dump(before);
  if (!before.empty()) body.back() = ',';
  body.append("\"").append(name).append("\":").append(json).append(",");
  body.append(std::string_view(dump(after)).substr(1));
  return response;
}

/// The same with an array.
inline Response arrayResponse(const Json& before, std::string_view name, ArrayText array, const Json& after) {
  return memberResponse(before, name, std::move(array).take(), after);
}

/// A page of a list.
inline Response pageResponse(ArrayText items, const Json& after) {
  return arrayResponse(Json::object(), "items", std::move(items), after);
}

inline Response emptyResponse(int status) {
  Response response;
  response.status = status;
  response.contentType.clear();
  return response;
}

/// An HTTP-date (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string httpDate(std::time_t at);

/// The bytes before the body: status line and headers, Date and the security headers included.
std::string headOf(const Response& response, bool keepAlive);

}  // namespace lull::http
