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
  const auto& [name, type, connectionString, table, columns, takeSql, interval, batchSize] = loaded.settings.sources[0];
  EXPECT_EQ(name, "crm");
  EXPECT_EQ(type, SourceType::Outbox);
  EXPECT_EQ(connectionString, "Dsn=crm;Pwd=hush");
  EXPECT_EQ(table, "lull_outbox");
  EXPECT_EQ(columns[OutboxPart::Type], "event_type");
  EXPECT_EQ(takeSql, "");
  EXPECT_EQ(interval, Millis{300'000});
  EXPECT_EQ(batchSize, 100U);
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
  EXPECT_EQ(countOf(text, "error:"), 6U) << text;
  for (const auto* part : {"Sources:0:ConnectionString: is missing", "is also in Sources:0:Name",
                           "Sources:1:Type = \"RabbitMq\"", "comes with a later version of Lull",
                           "Sources:2:Name: is missing", "Sources:2:Type: is missing", "is no plain name of a table"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace lull::config
