// Which ways to brokers operators see.
#include <lull/brokers/broker_list.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace lull::brokers {
namespace {

using ports::BrokerLink;
using ports::BrokerState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct ListRegistry final : ports::RegistryReader {
  ports::SnapshotPtr cached() const override { return std::make_shared<ports::RegistrySnapshot>(snapshot); }
  Result<ports::SnapshotPtr> current() override { return cached(); }
  void add(const EndpointId& id, ChannelTarget target) {
    auto made = std::make_shared<Endpoint>();
    made->id = id;
    made->registration.target = std::move(target);
    snapshot.endpoints.emplace(id, std::move(made));
  }
  ports::RegistrySnapshot snapshot;
};

struct BrokersListed : ::testing::Test {
  using Links = std::map<std::string, BrokerLink>;

  static LinkOf in(const Links& links) {
    return [&links](const std::string& name) {
      const auto found = links.find(name);
      return found == links.end() ? std::nullopt : std::optional(found->second);
    };
  }
  /// A line for each: "name protocol state endpoints".
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& one : list.list()) {
      all.push_back(one.name + " " + (one.protocol.empty() ? "-" : one.protocol) + " " +
                    std::string(toString(one.link.state)) + " " + std::to_string(one.endpoints.size()));
    }
    return all;
  }

  ListRegistry registry;
  Links rabbit{{"fs", {}}, {"desk", {}}};
  Links amqp{{"fs", {}}, {"old", {}}, {"desk", {}}};
  BrokerList list{registry, {{"fs"}, {"old", true}, {"desk"}}, in(rabbit), in(amqp)};
};

TEST_F(BrokersListed, InTheOrderOfTheSettingsAndIdleWhileNobodyNamesThem) {
  EXPECT_THAT(lines(), ElementsAre("fs - idle 0", "old stomp idle 0", "desk - idle 0"));
}

TEST_F(BrokersListed, WithAnEntryForEachChannelWhoseEndpointsNameThem) {
  registry.add("ep_1", RabbitTarget{"fs", "", "", "a"});
  registry.add("ep_2", RabbitTarget{"fs", "", "", "b"});
  registry.add("ep_3", AmqpTarget{"fs", "c"});
  registry.add("ep_4", AmqpTarget{"old", "c"});
  registry.add("ep_5", Webhook{});
  rabbit["fs"] = {BrokerState::Connected};
  amqp["old"] = {BrokerState::Away, {}, "Away."};
  EXPECT_THAT(lines(),
              ElementsAre("fs rabbitmq connected 2", "fs amqp connecting 1", "old stomp away 1", "desk - idle 0"))
      << "one whose link has not looked yet is about to be connected to";
  EXPECT_THAT(list.list().at(0).endpoints, ElementsAre("ep_1", "ep_2"));
}

TEST_F(BrokersListed, StayWithTheirCountsWhenTheirLastEndpointHasGone) {
  rabbit["fs"] = {BrokerState::Connected, Instant{}, {}, 1, 12};
  const auto all = list.list();
  EXPECT_THAT(lines().front(), "fs rabbitmq idle 0") << "although the connection is kept";
  EXPECT_EQ(all.front().link.confirmed, 12U);
  EXPECT_EQ(all.front().link.inFlight, 1U);
  EXPECT_FALSE(all.front().link.since);
}

TEST_F(BrokersListed, AlsoWhereThereIsNoWayToThem) {
  registry.add("ep_1", RabbitTarget{"old", "", "", "a"});
  registry.add("ep_2", AmqpTarget{"gone", "a"});
  registry.add("ep_3", AmqpTarget{"gone", "b"});
  registry.add("ep_4", AmqpTarget{"desk", "b"});
  amqp["desk"] = {BrokerState::Unavailable, {}, "Not in this build."};
  EXPECT_THAT(lines(), ElementsAre("fs - idle 0", "old rabbitmq unavailable 1", "desk amqp unavailable 1",
                                   "gone amqp unavailable 2"));
  const auto all = list.list();
  EXPECT_THAT(all.at(1).link.lastError, HasSubstr("is spoken to by STOMP (Brokers:Protocol)"));
  EXPECT_EQ(all.at(2).link.lastError, "Not in this build.");
  EXPECT_EQ(all.at(3).link.lastError, "The settings have no broker gone (Brokers).");
  EXPECT_TRUE(all.at(1).inSettings);
  EXPECT_FALSE(all.at(3).inSettings);
}

}  // namespace
}  // namespace lull::brokers
