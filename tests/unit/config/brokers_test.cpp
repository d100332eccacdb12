#include "config_fixture.hpp"

#include <gmock/gmock.h>

namespace lull::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BrokerSettingsTest : public ConfigTest {
 protected:
  void give(const std::string& key, const std::string& value) {
    input_.arguments.push_back("--Brokers:" + key + "=" + value);
  }
};

TEST_F(BrokerSettingsTest, TheUserIsInTheUrlOrInKeysOfItsOwn) {
  give("0:Name", "fs");
  give("0:Url", "amqps:mq.example.org vh:/no/uio/fs ex:ex_fs_messages");
  give("0:Username", "svc");
  give("0:Password", "hunter2");
  give("1:Name", "desk");
  give("1:Url", "amqp://u:pw@localhost");
  const auto loaded = this->loaded();
  EXPECT_THAT(loaded.warnings, testing::IsEmpty());
  ASSERT_EQ(loaded.settings.brokers.size(), 2U);
  EXPECT_EQ(loaded.settings.brokers[0].address.user, "svc");
  EXPECT_EQ(loaded.settings.brokers[0].address.password, "hunter2");
  EXPECT_EQ(loaded.settings.brokers[0].address.exchange, "ex_fs_messages");
  EXPECT_EQ(loaded.settings.brokers[1].address.user, "u");
  EXPECT_EQ(loaded.settings.brokers[1].address.password, "pw");
}

TEST_F(BrokerSettingsTest, WhatIsMissingOrThereTwiceIsSaidWithoutThePassword) {
  give("0:Name", "fs");
  give("1:Url", "amqp://mq");
  give("1:Name", "FS");
  give("1:Password", "hunter2");
  give("2:Name", "desk");
  give("2:Url", "amqps://u:hunter2@mq");
  give("2:Username", "u");
  give("3:Name", "odd");
  give("3:Url", "amqps://u:hunter2@mq/a/b");
  const auto text = error();
  EXPECT_THAT(text, HasSubstr("Brokers:0:Url: is missing"));
  EXPECT_THAT(text, HasSubstr("is also in Brokers:0:Name"));
  EXPECT_THAT(text, HasSubstr("Brokers:1:Username: is missing"));
  EXPECT_THAT(text,
              AllOf(HasSubstr("Brokers:2:Url = \"amqps://u:***@mq\""), HasSubstr("Username or Password is set, too")));
  EXPECT_THAT(text, AllOf(HasSubstr("Brokers:3:Url = \"***\""), HasSubstr("bare slash")));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(BrokerSettingsTest, ABrokerThatIsSpokenToByStompHasItsPortsAndNoExchange) {
  give("0:Name", "desk");
  give("0:Url", "amqp://u:pw@localhost");
  give("0:Protocol", "stomp");
  give("1:Name", "far");
  give("1:Url", "amqps://u:pw@mq.example.org");
  give("1:Protocol", "Stomp");
  give("2:Name", "own");
  give("2:Url", "amqps://u:pw@mq.example.org:5672");
  give("2:Protocol", "Stomp");
  give("3:Name", "plain");
  give("3:Url", "amqps://u:pw@mq.example.org");
  const auto brokers = loaded().settings.brokers;
  ASSERT_EQ(brokers.size(), 4U);
  EXPECT_EQ(brokers[0].protocol, BrokerProtocol::Stomp);
  EXPECT_EQ(brokers[0].address.port, 61613);
  EXPECT_EQ(brokers[1].address.port, 61614);
  EXPECT_EQ(brokers[2].address.port, 5672);
  EXPECT_EQ(brokers[3].protocol, BrokerProtocol::Amqp);
  EXPECT_EQ(brokers[3].address.port, 5671);
  give("4:Name", "wrong");
  give("4:Url", "amqps:mq.example.org ex:orders");
  give("4:Username", "u");
  give("4:Password", "pw");
  give("4:Protocol", "Stomp");
  EXPECT_THAT(error(), HasSubstr("names an exchange, which STOMP does not have"));
}

TEST_F(BrokerSettingsTest, ALoginThatTheProtocolCannotSayIsRefusedAtItsKeyWithoutThePassword) {
  give("0:Name", "own");
  give("0:Url", "amqps:mq.example.org");
  give("0:Username", "lull\nheart-beat:1,1");
  give("0:Password", "hunter2\rx");
  give("0:Protocol", "Stomp");
  give("1:Name", "inside");
  give("1:Url", "amqps://u:hunter2%0A@mq.example.org");
  give("1:Protocol", "Stomp");
  give("2:Name", "zero");
  give("2:Url", "amqps://u:hunter2%00@mq.example.org");
  give("3:Name", "plain");
  give("3:Url", "amqps://u:hunter2%0A@mq.example.org");
  const auto text = error();
  EXPECT_THAT(text, AllOf(HasSubstr("Brokers:0:Username"), HasSubstr("Brokers:0:Password")));
  EXPECT_THAT(text, AllOf(HasSubstr("Brokers:1:Url = \"amqps://u:***@mq.example.org\""),
                          HasSubstr("which STOMP has no way to send")));
  EXPECT_THAT(text, HasSubstr("Brokers:2:Url"));
  EXPECT_THAT(text, Not(HasSubstr("Brokers:3"))) << "PLAIN can say it";
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(BrokerSettingsTest, AWayThatOthersCanReadIsWarnedOf) {
  give("0:Name", "fs");
  give("0:Url", "amqp://u:hunter2@mq.example.org");
  give("1:Name", "near");
  give("1:Url", "amqp://u:hunter2@127.0.0.1");
  give("2:Name", "numbered");
  give("2:Url", "amqps://u:hunter2@10.0.0.1");
  const auto warnings = loaded().warnings;
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_THAT(warnings[0],
              AllOf(HasSubstr("Brokers:0:Url = \"amqp://u:***@mq.example.org\""), HasSubstr("without TLS")));
  EXPECT_THAT(warnings[1], AllOf(HasSubstr("Brokers:2:Url"), HasSubstr("matched by names only")));
}

TEST_F(BrokerSettingsTest, PrintConfigShowsNoPassword) {
  give("0:Name", "fs");
  give("0:Url", "amqps://svc:hunter2@mq");
  give("1:Name", "desk");
  give("1:Url", "amqps:mq");
  give("1:Username", "svc");
  give("1:Password", "hunter2");
  const auto shown = renderConfig(loaded());
  EXPECT_THAT(shown, HasSubstr("amqps://svc:***@mq"));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace lull::config
