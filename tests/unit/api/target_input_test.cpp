// What a registration says of a broker, and what of it may stay although the settings have changed.
#include "brokers/target_input.hpp"

#include <gmock/gmock.h>

namespace lull::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TargetInput : public ::testing::Test {
 protected:
  /// What is wrong with it, as "pointer: sentence".
  std::vector<std::string> faults(const std::string& target, const RabbitTarget* stored = nullptr) {
    InputErrors errors;
    read_ = readRabbitTarget(http::Json::parse(target), stored, {catalogue_, formats_, brokers_}, errors);
    std::vector<std::string> all;
    for (const auto& field : errors.toError().fields) all.push_back(field.pointer + ": " + field.detail);
    return all;
  }

  Catalogue catalogue_{builtinChangeTypes()};
  formats::Formats formats_{{}, {{"environment", "prod"}}, IdField::BaseId};
  std::vector<KnownBroker> brokers_{{"fs", true}, {"desk", false}};
  RabbitTarget read_;
};

TEST_F(TargetInput, ABrokerWithoutAnExchangeOfItsOwnNeedsOne) {
  EXPECT_THAT(faults(R"({"broker": "fs", "routingKey": "a.{value.Environment}"})"), IsEmpty());
  EXPECT_EQ(read_, (RabbitTarget{"fs", "", "a.{value.Environment}"}));
  EXPECT_THAT(
      faults(R"({"broker": "desk", "routingKey": "a"})"),
      ElementsAre("/target/exchange: It is required: the Url of this broker names no exchange. Or give a queue."));
}

TEST_F(TargetInput, WhatIsStoredMayStayWhenTheSettingsNoLongerFit) {
  const RabbitTarget stored{"desk", "", "a.{value.Gone}"};
  EXPECT_THAT(faults(R"({"broker": "desk", "routingKey": "a.{value.Gone}"})", &stored), IsEmpty());
  EXPECT_EQ(read_, stored);
  EXPECT_EQ(faults(R"({"broker": "desk", "routingKey": "b.{value.Gone}"})", &stored).size(), 1U) << "another key";
  EXPECT_EQ(faults(R"({"broker": "desk", "routingKey": "a.{value.Gone}"})").size(), 2U) << "a new endpoint";
}

TEST_F(TargetInput, ABrokerThatIsSpokenToByStompNowMayStayWhereItIsStored) {
  brokers_[0].stomp = true;
  const RabbitTarget stored{"fs", "", "a"};
  EXPECT_THAT(faults(R"({"broker": "fs", "routingKey": "b"})", &stored), IsEmpty());
  EXPECT_EQ(faults(R"({"broker": "fs", "routingKey": "b"})").size(), 1U) << "a new endpoint";
}

TEST_F(TargetInput, WhatIsStoredOfAnotherTargetExcusesNothing) {
  const RabbitTarget atOther{"fs", "", "a"};
  EXPECT_EQ(faults(R"({"broker": "desk", "routingKey": "a"})", &atOther).size(), 1U);
  const RabbitTarget ofQueue{"desk", "", "", "customer-17"};
  EXPECT_EQ(faults(R"({"broker": "desk", "routingKey": "a"})", &ofQueue).size(), 1U);
  const RabbitTarget ofExchange{"desk", "ex", "a"};
  EXPECT_EQ(faults(R"({"broker": "desk", "routingKey": "a"})", &ofExchange).size(), 1U);
}

}  // namespace
}  // namespace lull::api
