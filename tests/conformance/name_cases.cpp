#include "conformance/cases.hpp"

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

constexpr auto kName = "receiver.test";
using Answers = std::vector<std::vector<std::string>>;

void expectNoConnection(const Observed& observed) {
  EXPECT_GE(observed.elapsed, 400ms);
  EXPECT_LT(observed.elapsed, 1500ms);
  EXPECT_EQ(observed.receiver.connections(), 0);
}

}  // namespace

/// What the resolver says, from the name to the end. Only 127.0.0.0/8 and ::1 are allowed here.
std::vector<Case> nameCases() {
  return {
      {.name = "NameAnswers",
       .situation = "a name that the resolver knows",
       .script = keepAlive,
       .native = answered(200),
       .cppRest = answered(200),
       .host = kName,
       .answers = Answers{{"127.0.0.1"}}},
      {.name = "NameV6",
       .situation = "a name with an IPv6 address only",
       .script = keepAlive,
       .native = answered(200),
       .cppRest = answered(200),
       .options = {.v6 = true},
       .host = kName,
       .answers = Answers{{"::1"}}},
      {.name = "ResolverNeverAnswers",
       .situation = "the resolver never answers",
       .script = keepAlive,
       .native = fails(TransportFailure::Connect, "at the deadline"),
       .cppRest = fails(TransportFailure::Connect, "at the deadline"),
       .host = kName,
       .answers = Answers{{}},
       .timeout = 400ms,
       .check = expectNoConnection},
      {.name = "ResolverAnswersTooLate",
       .situation = "the resolver answers after the deadline",
       .script = keepAlive,
       .native = fails(TransportFailure::Connect, "at the deadline"),
       .cppRest = fails(TransportFailure::Connect, "at the deadline"),
       .host = kName,
       .answers = Answers{{"127.0.0.1"}},
       .answerDelay = 800ms,
       .timeout = 400ms,
       .check = expectNoConnection},
      {.name = "ResolverAnswersLate",
       .situation = "the resolver answers late, but in time",
       .script = keepAlive,
       .native = answered(200),
       .cppRest = answered(200),
       .host = kName,
       .answers = Answers{{"127.0.0.1"}},
       .answerDelay = 300ms,
       .check = [](const Observed& observed) { EXPECT_GE(observed.elapsed, 300ms); }},
      {.name = "Rebinding",
       .situation = "the name turns to an address that is not allowed",
       .script = keepAlive,
       .native = fails(TransportFailure::Vetoed),
       .cppRest = fails(TransportFailure::Vetoed),
       .host = kName,
       .answers = Answers{{"127.0.0.1"}, {"10.0.0.1", "fd00::1", "169.254.169.254"}},
       .check = [](const Observed& observed) { EXPECT_EQ(observed.receiver.requests().size(), 1U); }},
      {.name = "MixedAnswers",
       .situation = "an answer of allowed and other addresses",
       .script = keepAlive,
       .native = answered(200, "at the allowed one"),
       .cppRest = answered(200, "at the allowed one"),
       .host = kName,
       .answers = Answers{{"10.0.0.1", "127.0.0.1", "fd00::1", "169.254.169.254"}}},
  };
}

}  // namespace lull::conformance
