#include "conformance/cases.hpp"
#include "support/name_server.hpp"

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

constexpr auto kName = "hooks.example.test";

std::function<void(const Observed&)> within(std::chrono::milliseconds limit) {
  return [limit](const Observed& observed) {
    if (observed.adapter == Adapter::Native) {
      EXPECT_LT(observed.elapsed, limit);
    }
  };
}

}  // namespace

/// A name with several addresses, of which some are silent.
std::vector<Case> addressCases() {
  return {
      {.name = "SilentFirstAddress",
       .situation = "the first of two addresses swallows attempts to connect",
       .script = keepAlive,
       .native = answered(200, "at the second one, after 250 ms"),
       .cppRest = fails(TransportFailure::Timeout, "one address after the other"),
       .options = {.address = "127.0.0.1"},
       .host = kName,
       .timeout = 2000ms,
       .race = {"127.0.0.9", "127.0.0.1"},
       .silent = {"127.0.0.9"},
       .check = within(600ms)},
      {.name = "SilentV6",
       .situation = "an IPv6 address that swallows attempts beside a good IPv4 one",
       .script = keepAlive,
       .native = answered(200, "at the good one, after 250 ms"),
       .cppRest = fails(TransportFailure::Timeout, "one address after the other"),
       .options = {.address = "127.0.0.1"},
       .host = kName,
       .timeout = 2000ms,
       .race = {"::1", "127.0.0.1"},
       .silent = {"::1"},
       .check = within(600ms)},
      {.name = "SilentV6ByName",
       .situation = "a name with such an IPv6 address and a good IPv4 one",
       .script = keepAlive,
       .native = answered(200, "at the good one, after 250 ms"),
       .cppRest = fails(TransportFailure::Connect, "one address after the other"),
       .options = {.address = "127.0.0.1"},
       .host = kName,
       .answers = {{{"::1", "127.0.0.1"}}},
       .timeout = 2000ms,
       .silent = {"::1"},
       .check = within(600ms)},
      {.name = "ThreeSilentAddresses",
       .situation = "one good address behind three silent ones",
       .script = keepAlive,
       .native = answered(200, "at the good one"),
       .cppRest = fails(TransportFailure::Timeout, "one address after the other"),
       .options = {.address = "127.0.0.1"},
       .host = kName,
       .timeout = 2000ms,
       .race = {"127.0.0.9", "127.0.0.8", "::1", "127.0.0.1"},
       .silent = {"127.0.0.9", "127.0.0.8", "::1"},
       .check = within(1500ms)},
      {.name = "RefusingFirstAddress",
       .situation = "the first of two addresses refuses connections",
       .script = keepAlive,
       .native = answered(200, "at the second one, at once"),
       .cppRest = answered(200, "at the second one"),
       .options = {.address = "127.0.0.1"},
       .host = kName,
       .race = {"127.0.0.9", "127.0.0.1"},
       .check = within(200ms)},
      {.name = "Ipv6QuestionUnanswered",
       .situation = "the name server never answers the question for IPv6 addresses",
       .script = keepAlive,
       .native = answered(200, "after 50 ms"),
       .cppRest = answered(200, "after 50 ms"),
       .host = kName,
       .answers = {{{"127.0.0.1"}}},
       .timeout = 2000ms,
       .unanswered = {testing::NameServer::kAaaa},
       .check = within(300ms)},
  };
}

}  // namespace lull::conformance
