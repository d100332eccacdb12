#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lull::testing {

/// A STOMP client of the tests' own, which shares no line with the adapter. What fails throws std::runtime_error.
class PlainClient {
 public:
  PlainClient(std::uint16_t port, const std::string& user, const std::string& password);
  ~PlainClient();
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;

  struct Read {
    std::string command;
    std::map<std::string, std::string> headers;
    std::string body;
  };
  /// From now on next() gives the messages of this queue.
  void subscribe(const std::string& queue);
  /// What the broker sends next, acknowledged when it is a message; nothing when none comes in time.
  std::optional<Read> next(int millis = 5'000);
  /// Sends a body, and gives what the broker answers.
  std::optional<Read> send(const std::string& queue, const std::string& body);

 private:
  void write(const std::string& bytes) const;

  int socket_ = -1;
  int subscriptions_ = 0;
  std::string came_;
};

}  // namespace lull::testing
