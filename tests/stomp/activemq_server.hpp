#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace lull::testing {

/// An ActiveMQ of the test's own (tests/support/activemq.sh), on loopback; it ends with the object, and with the test
/// process. Failures to start throw std::runtime_error. Not thread-safe. Construct it on a thread that lives as long.
class ActiveMqServer {
 public:
  static constexpr const char* kPassword = "hare-and-hounds";

  /// Returns once it takes connections, which is after 2 to 10 seconds.
  ActiveMqServer();
  ~ActiveMqServer();
  ActiveMqServer(const ActiveMqServer&) = delete;
  ActiveMqServer& operator=(const ActiveMqServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::uint16_t tlsPort() const { return tlsPort_; }
  std::filesystem::path caFile() const { return folder_ / "ca.pem"; }

  void kill9();
  /// Starts it again with the same ports and data.
  void start();
  /// SIGSTOP: connections stay open and nothing answers.
  void pause();
  void resume();

 private:
  void launch();
  void discard();

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::uint16_t tlsPort_ = 0;
  std::uint16_t mqttPort_ = 0;
  pid_t pid_ = -1;  // -1: not running
};

}  // namespace lull::testing
