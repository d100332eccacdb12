#include "config_fixture.hpp"

#include <gmock/gmock.h>

namespace lull::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SourcesOfSettings : public ConfigTest {};

TEST_F(SourcesOfSettings, HaveTheDefaultsOfTheShippedTable) {
  settingsFile(R"({"Sources": [{"Name": "crm", "Type": "outbox", "ConnectionString": "Dsn=crm;Pwd=hush"},
      {"Name": "erp", "Type": "Outbox", "ConnectionString": "Dsn=erp", "Table": "erp.box", "Interval": "00:00:10",
       "BatchSize": 7, "TakeSql": "SELECT 1", "Columns": "id=no,type=kind,itemId=item,baseId=base,error=why"}]})");
  const auto loaded = this->loaded();
  EXPECT_THAT(loaded.warnings, IsEmpty());
  ASSERT_EQ(loaded.settings.sources.size(), 2U);
  const auto& crm = loaded.settings.sources[0];
  EXPECT_EQ(crm.name, "crm");
  EXPECT_EQ(crm.type, SourceType::Outbox);
  EXPECT_EQ(crm.connectionString, "Dsn=crm;Pwd=hush");
  EXPECT_EQ(crm.table, "lull_outbox");
  EXPECT_EQ(crm.columns[OutboxPart::Type], "event_type");
  EXPECT_EQ(crm.takeSql, "");
  EXPECT_EQ(crm.interval, Millis{300'000});
  EXPECT_EQ(crm.batchSize, 100U);
  const auto& erp = loaded.settings.sources[1];
  EXPECT_EQ(erp.table, "erp.box");
  EXPECT_EQ(erp.columns[OutboxPart::Type], "kind");
  EXPECT_EQ(erp.interval, Millis{10'000});
  EXPECT_EQ(erp.batchSize, 7U);
  for (const auto& line : loaded.lines) EXPECT_THAT(line.value, Not(HasSubstr("hush"))) << line.key;
}

TEST_F(SourcesOfSettings, NeedANameOfTheirOwnAndWhatTheirTypeNeeds) {
  settingsFile(R"({"Sources": [{"Name": "crm", "Type": "Outbox"}, {"Name": "CRM", "Type": "RabbitMq"}, {"Table": "a"},
      {"Name": "x", "Type": "Outbox", "ConnectionString": "Pwd=hush", "Table": "a;b"}]})");
  const auto text = error();
  EXPECT_EQ(countOf(text, "error:"), 7U) << text;
  for (const auto* part : {"Sources:0:ConnectionString: is missing", "is also in Sources:0:Name",
                           "Sources:1:Broker: is missing", "Sources:1:Queue: is missing", "Sources:2:Name: is missing",
                           "Sources:2:Type: is missing", "is no plain name of a table"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("hush")));
}

constexpr const char* kTwoBrokers = R"("Brokers": [
      {"Name": "desk", "Url": "amqps://lull:hush@mq.example.org"},
      {"Name": "old", "Url": "amqps://lull:hush@mq.example.org", "Protocol": "Stomp"}])";

TEST_F(SourcesOfSettings, OfRabbitMqHaveABrokerAndAQueue) {
  settingsFile(std::string("{") + kTwoBrokers + R"(, "Sources": [
      {"Name": "crm", "Type": "rabbitmq", "Broker": "desk", "Queue": "changes"},
      {"Name": "erp", "Type": "RabbitMq", "Broker": "desk", "Queue": "q", "Prefetch": 7, "DeadLetterExchange": "no"}]})");
  const auto sources = loaded().settings.sources;
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].type, SourceType::RabbitMq);
  EXPECT_EQ(sources[0].broker, "desk");
  EXPECT_EQ(sources[0].queue, "changes");
  EXPECT_EQ(sources[0].prefetch, 200U);
  EXPECT_EQ(sources[0].deadLetterExchange, "");
  EXPECT_EQ(sources[1].prefetch, 7U);
  EXPECT_EQ(sources[1].deadLetterExchange, "no");
}

TEST_F(SourcesOfSettings, OfRabbitMqNeedABrokerThatSpeaksAmqp) {
  settingsFile(std::string("{") + kTwoBrokers + R"(, "Sources": [
      {"Name": "a", "Type": "RabbitMq", "Broker": "dest", "Queue": "q"},
      {"Name": "b", "Type": "RabbitMq", "Broker": "old", "Queue": "q"}]})");
  const auto text = error();
  EXPECT_EQ(countOf(text, "error:"), 2U) << text;
  EXPECT_THAT(text, HasSubstr("is no name of Brokers; the nearest is desk"));
  EXPECT_THAT(text, HasSubstr("is spoken to by STOMP; allowed: a RabbitMQ, whose Protocol is Amqp"));
  EXPECT_THAT(text, Not(HasSubstr("hush")));
}

TEST_F(SourcesOfSettings, OfRabbitMqHaveAQueueOfTheirOwn) {
  settingsFile(std::string("{") + kTwoBrokers + R"(, "Sources": [
      {"Name": "a", "Type": "RabbitMq", "Broker": "desk", "Queue": "q"},
      {"Name": "b", "Type": "RabbitMq", "Broker": "desk", "Queue": "Q"},
      {"Name": "c", "Type": "RabbitMq", "Broker": "desk", "Queue": "q"}]})");
  const auto text = error();
  EXPECT_EQ(countOf(text, "error:"), 1U) << text;
  EXPECT_THAT(text, HasSubstr("Sources:2:Queue"));
  EXPECT_THAT(text, HasSubstr("is also in Sources:0:Queue"));
}

TEST_F(SourcesOfSettings, OfRabbitMqSayThatThereAreNoBrokers) {
  settingsFile(R"({"Sources": [{"Name": "a", "Type": "RabbitMq", "Broker": "desk", "Queue": "q"}]})");
  EXPECT_THAT(error(), HasSubstr("is no name of Brokers; there are none"));
}

TEST_F(SourcesOfSettings, RefuseKeysOfTheOtherType) {
  settingsFile(std::string("{") + kTwoBrokers + R"(, "Sources": [
      {"Name": "a", "Type": "RabbitMq", "Broker": "desk", "Queue": "q", "Interval": "00:00:10", "ConnectionString": "Pwd=hush",
       "Table": "t", "Columns": "id=no,type=kind,itemId=item,baseId=base,error=why", "TakeSql": "SELECT 1", "BatchSize": 3},
      {"Name": "b", "Type": "Outbox", "ConnectionString": "Dsn=crm", "Broker": "desk", "Queue": "q", "Prefetch": 3,
       "DeadLetterExchange": "x"}]})");
  const auto text = error();
  EXPECT_EQ(countOf(text, "belongs to sources of the type Outbox"), 6U) << text;
  EXPECT_EQ(countOf(text, "belongs to sources of the type RabbitMq"), 4U) << text;
  EXPECT_THAT(text, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace lull::config
