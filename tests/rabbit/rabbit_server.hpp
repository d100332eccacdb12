#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace lull::testing {

/// A RabbitMQ of the test's own (tests/support/rabbitmq.sh), on loopback; it ends with the object, and with the test
/// process. Failures to start throw std::runtime_error. Not thread-safe. Construct it on a thread that lives as long.
class RabbitServer {
 public:
  static constexpr const char* kUser = "lull";
  static constexpr const char* kPassword = "hare-and-hounds";
  static constexpr const char* kVirtualHost = "/no/uio/fs";

  /// Returns once it takes connections, which is after 5 to 25 seconds.
  RabbitServer();
  ~RabbitServer();
  RabbitServer(const RabbitServer&) = delete;
  RabbitServer& operator=(const RabbitServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::uint16_t tlsPort() const { return tlsPort_; }
  std::filesystem::path caFile() const { return folder_ / "ca.pem"; }
  /// What else the broker logs and keeps is in here.
  const std::filesystem::path& folder() const { return folder_; }

  bool running() const { return pid_ > 0; }
  void kill9();
  /// Starts it again with the same ports and data.
  void start();
  /// SIGSTOP: connections stay open and nothing answers.
  void pause();
  /// While it is paused: waits until on so many connections something has come that it has not read.
  void awaitUnread(int connections) const;
  void resume();
  /// Runs rabbitmqctl and throws when it fails.
  void control(const std::string& arguments) const;

 private:
  void launch();
  void discard();

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::uint16_t tlsPort_ = 0;
  std::uint16_t nodePort_ = 0;
  std::uint16_t epmdPort_ = 0;
  pid_t pid_ = -1;  // of the node, which leads the process group of its epmd; -1: not running
};

}  // namespace lull::testing
