#pragma once

#include "support/certificates.hpp"
#include "support/receiver.hpp"

#include <lull/ports/transport.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lull::conformance {

using testing::Authority;
using testing::Connection;
using testing::hasHeader;
using testing::Receiver;

/// What a receiver that is well answers.
inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
inline void keepAlive(Connection& connection) {
  while (connection.readRequest() && connection.send(kOk)) {
  }
}

enum class Adapter { Native, CppRest };

/// What the last of a case's posts must come to.
struct Expected {
  std::optional<int> status;
  ports::TransportFailure failure = ports::TransportFailure::None;
  std::string note;  ///< stands in the table behind the outcome
  /// The other status that a race within cpprestsdk, which nothing of ours can see, may come to.
  std::optional<int> orStatus = std::nullopt;
};

inline Expected answered(int status, std::string note = "") {
  return {status, ports::TransportFailure::None, std::move(note)};
}
inline Expected answeredEither(int status, int orStatus, std::string note) {
  return {status, ports::TransportFailure::None, std::move(note), orStatus};
}
inline Expected fails(ports::TransportFailure failure, std::string note = "") {
  return {std::nullopt, failure, std::move(note)};
}

struct Observed {
  Adapter adapter;
  ports::HttpAnswer last;
  const Receiver& receiver;
  std::chrono::milliseconds elapsed;  ///< over all posts
};

/// One situation: a receiver, what is sent to it, and what each adapter makes of it. A difference between the two
/// columns is a deviation that is known, asserted and documented.
struct Case {
  std::string name;       ///< of the test
  std::string situation;  ///< in the table
  Receiver::Script script;
  Expected native;
  Expected cppRest;
  Receiver::Options options = {};
  std::optional<Authority::Certificate> certificate = std::nullopt;  ///< makes it https
  bool https = false;                                                ///< https without a certificate to serve it
  bool trusted = true;                                               ///< the authority is the transport's CaFile
  std::string host = "127.0.0.1";
  std::vector<std::string> addresses = {"127.0.0.1"};  ///< one post to each, one after the other
  /// Instead of `addresses`: one delivery by the name, through channel and resolver, for each answer that the name
  /// server gives, one after the other. It says nothing to an empty one.
  std::optional<std::vector<std::vector<std::string>>> answers = std::nullopt;
  std::chrono::milliseconds answerDelay{0};
  Millis timeout{5000};
  bool guarded = false;  ///< loopback is not among the allowed networks, nor any name among the hosts
  std::vector<std::uint16_t> unanswered = {};  ///< the types of DNS questions that the name server says nothing to
  /// Instead of `addresses`: one post that may go to any of these.
  std::vector<std::string> race = {};
  std::vector<std::string> silent = {};  ///< addresses whose port swallows every attempt to connect
  std::size_t together = 0;              ///< so many posts at once before the others: so many connections are kept
  bool signalled = false;                ///< before each post but the first, the script signals once
  int endpoints = 1;                     ///< 2: every other post belongs to another endpoint of the same origin
  std::size_t bodyBytes = 0;             ///< 0: a usual body
  bool wantsBody = false;                ///< the answer's body is asked for
  bool variant = false;                  ///< of the row before it; not in the table, and for the native transport only
  std::function<void(const Observed&)> check = nullptr;
};

std::vector<Case> httpCases();
std::vector<Case> hostileCases();
std::vector<Case> connectionCases();
std::vector<Case> tlsCases();
std::vector<Case> nameCases();
std::vector<Case> framingCases();
std::vector<Case> resendCases();
std::vector<Case> addressCases();
std::vector<Case> allCases();

/// "200", or the failure's name.
std::string outcome(std::optional<int> status, ports::TransportFailure failure);
/// The cases as a markdown table.
std::string table(const std::vector<Case>& cases);

}  // namespace lull::conformance
