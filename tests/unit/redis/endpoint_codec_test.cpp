#include "../../../service/redis/endpoint_codec.hpp"

#include "../../../service/redis/packing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lull::redis {
namespace {

constexpr const char* kId = "ep_00000000000000000000";

Endpoint told(const Telling& telling) {
  Endpoint endpoint;
  endpoint.id = kId;
  endpoint.registration.name = "n";
  endpoint.registration.changeTypes = 0x01020304;
  endpoint.registration.webhook().url = "https://receiver.example/in";
  endpoint.registration.telling = telling;
  return endpoint;
}

TEST(EndpointCodec, KeepsHowAnEndpointIsTold) {
  const Sealer sealer(std::vector<SealingKey>{});
  for (const auto& telling : {Telling{}, Telling{Delivery::Every, Order::None},
                              Telling{Delivery::Every, Order::Endpoint, OnFailure::Stop, Results::ByBody},
                              Telling{Delivery::Sync, Order::Item, OnFailure::Skip, Results::ByBody, 7}}) {
    EXPECT_EQ(readEndpoint(kId, packEndpoint(told(telling), sealer), sealer).registration.telling, telling);
  }
}

TEST(EndpointCodec, KeepsTheFormat) {
  const Sealer sealer(std::vector<SealingKey>{});
  auto endpoint = told({});
  const auto read = [&] { return readEndpoint(kId, packEndpoint(endpoint, sealer), sealer).registration; };
  EXPECT_EQ(read().format, std::nullopt);
  endpoint.registration.format = "Zoë \"1\"";
  EXPECT_EQ(read().format, "Zoë \"1\"");
  EXPECT_EQ(read().idField, std::nullopt);
}

TEST(EndpointCodec, KeepsTheFilter) {
  const Sealer sealer(std::vector<SealingKey>{});
  auto endpoint = told({});
  auto& filter = endpoint.registration.filter;
  const auto read = [&] { return readEndpoint(kId, packEndpoint(endpoint, sealer), sealer).registration.filter; };
  EXPECT_TRUE(read().listsNothing());
  filter.events = {"AssetCreated", "AssetDeleted"};
  EXPECT_EQ(read(), filter);
  filter = {{}, {Operation::Create, Operation::Delete}, {"titel", "ß{}"}, {"AA"}};
  EXPECT_EQ(read(), filter);
}

TEST(EndpointCodec, KeepsTheRateLimit) {
  const Sealer sealer(std::vector<SealingKey>{});
  auto endpoint = told({});
  const auto read = [&] { return readEndpoint(kId, packEndpoint(endpoint, sealer), sealer).registration.rateLimit; };
  EXPECT_EQ(read(), std::nullopt);
  endpoint.registration.rateLimit = 10'000;
  EXPECT_EQ(read(), 10'000U);
}

TEST(EndpointCodec, KeepsTheTargetOfABroker) {
  const Sealer sealer(std::vector<SealingKey>{});
  auto endpoint = told({Delivery::Every, Order::Endpoint});
  for (const auto& target : {RabbitTarget{"fs", "ex_fs_messages", "no.uio.{resource}.{operation}"},
                             RabbitTarget{"desk", "", "", "customer-17", true}}) {
    endpoint.registration.target = target;
    const auto read = readEndpoint(kId, packEndpoint(endpoint, sealer), sealer).registration;
    ASSERT_EQ(read.channel(), ChannelKind::RabbitMq);
    EXPECT_EQ(std::get<RabbitTarget>(read.target), target);
    EXPECT_EQ(read.telling, endpoint.registration.telling);
  }
}

TEST(EndpointCodec, PutsWhatScriptsReadIntoTheHead) {
  const Sealer sealer(std::vector<SealingKey>{});
  const auto packed = packEndpoint(told({Delivery::Every, Order::None}), sealer);
  EXPECT_EQ(packed.substr(0, 14), std::string("\4\1\2\3\4\1\1\2\0\0\0\0\0{", 14));
}

Endpoint mailbox() {
  auto endpoint = told({Delivery::Every, Order::None});
  endpoint.registration.target = Mailbox{};
  endpoint.owner = "ada";
  return endpoint;
}

TEST(EndpointCodec, OfAMailboxTheHeadSaysItAndItsOwner) {
  const Sealer sealer(std::vector<SealingKey>{});
  const auto packed = packEndpoint(mailbox(), sealer);
  EXPECT_EQ(packed.substr(0, 20), std::string("\4\1\2\3\4\1\3\2\0\0\0\0\6\0\3ada\1{", 20));
  const auto read = readEndpoint(kId, packed, sealer);
  EXPECT_TRUE(read.registration.isMailbox());
  EXPECT_EQ(read.registration.telling, mailbox().registration.telling);
  EXPECT_EQ(read.owner, "ada");
  EXPECT_TRUE(read.registration.filter.listsNothing());
}

TEST(EndpointCodec, RefusesAHeadOfAnotherKindThanTheRest) {
  const Sealer sealer(std::vector<SealingKey>{});
  auto packed = packEndpoint(mailbox(), sealer);
  packed.at(6) = 1;
  packed.at(12) = 0;
  packed.erase(13, 6);
  EXPECT_THROW(static_cast<void>(readEndpoint(kId, packed, sealer)), UnreadableValue);
  auto webhook = packEndpoint(told({Delivery::Every, Order::None}), sealer);
  webhook.at(6) = 3;
  EXPECT_THROW(static_cast<void>(readEndpoint(kId, webhook, sealer)), UnreadableValue);
}

TEST(EndpointCodec, TellsAMailboxByWhatTheRegistrySaysOfIt) {
  EXPECT_EQ(tellingOf(kMailboxLanes), (Telling{Delivery::Every, Order::None}));
}

TEST(EndpointCodec, RefusesWhatItDoesNotWrite) {
  const Sealer sealer(std::vector<SealingKey>{});
  const auto packed = packEndpoint(told({}), sealer);
  const auto with = [&](std::size_t at, char byte) {
    auto changed = packed;
    changed.at(at) = byte;
    return changed;
  };
  auto unknown = packed;
  unknown.replace(unknown.find("\"status\""), 8, "\"states\"");
  for (const auto& bad : {with(0, 2), with(5, 2), with(6, 4), with(7, 3), with(8, 2), unknown}) {
    EXPECT_THROW(static_cast<void>(readEndpoint(kId, bad, sealer)), UnreadableValue);
  }
}

}  // namespace
}  // namespace lull::redis
