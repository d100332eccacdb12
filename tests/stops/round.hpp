#pragma once

#include "support/name_server.hpp"
#include "support/receiver.hpp"
#include "support/redis_server.hpp"

#include <lull/app/application.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace lull::stops {

enum class Sender { Fake, CppRest, Present };
enum class Situation { Connect, Head, Body, Resolving, RedisAway, ClientDoesNotRead, StdoutFull };

std::string nameOf(Sender sender);
std::string nameOf(Situation situation);

/// What the rounds of one case share.
struct Surroundings {
  Surroundings(Sender with, Situation in);

  Sender sender;
  Situation situation;
  testing::RedisServer redis;
  testing::NameServer names;
  testing::Receiver healthy;  ///< answers 200 at once
  testing::Receiver hanging;  ///< as the situation says
};

/// One service that is stopped while its receivers hang. Every failure throws std::runtime_error.
class Round {
 public:
  static constexpr std::chrono::milliseconds kDeadline{1000};

  Round(Surroundings& around, int number);
  ~Round();

  /// Starts the service and gives it work. Every second round goes on before anything hangs for sure.
  void begin();
  /// Returns how long it took.
  std::chrono::milliseconds stop();
  /// After stop(), with Redis there: leases of the endpoint whose receiver answered everything.
  std::size_t unsettled();

 private:
  std::string registerEndpoint(const std::string& url);
  void post(const std::string& path, const std::string& body, int status, std::string* reply = nullptr);
  void awaitHang();
  void askAndNeverRead();

  Surroundings& around_;
  const int number_;
  const std::string prefix_;
  const std::string name_;
  std::string healthyId_;
  int client_ = -1;
  std::unique_ptr<app::Application> application_;
};

}  // namespace lull::stops
