// The library writes frames to standard error when variables of the environment say so.
#include "scene.hpp"

#include <array>
#include <cstdlib>

namespace lull::amqp {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The library reads them when it is loaded, so this is a process of its own. The frames of the peer, whose login is by
// hand, are written.
TEST(TraceDeathTest, NoVariableMakesTheLibraryWriteThePassword) {
  constexpr std::array kVariables{"PN_TRACE_FRM", "PN_TRACE_RAW", "PN_TRACE_DRV"};
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto login = [] {
    testing::AmqpPeer peer;
    brokers::Broker broker;
    broker.name = "desk";
    broker.host = "127.0.0.1";
    broker.port = peer.port();
    broker.user = "lull";
    broker.password = "hare-and-hounds";
    const auto opened = makeProtocol()->open(broker, {});
    std::_Exit(std::holds_alternative<std::unique_ptr<brokers::Session>>(opened) ? 0 : 1);
  };
  for (const auto* name : kVariables) ::setenv(name, "1", 1);
  EXPECT_EXIT(login(), ::testing::ExitedWithCode(0), AllOf(HasSubstr("@open"), Not(HasSubstr("hounds"))));
  for (const auto* name : kVariables) ::unsetenv(name);
}

}  // namespace
}  // namespace lull::amqp
