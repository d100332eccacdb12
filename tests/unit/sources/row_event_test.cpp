#include <lull/sources/row_event.hpp>

#include <gtest/gtest.h>

namespace lull::sources {
namespace {

TEST(TimesOfDatabases, BecomeRfc3339) {
  const std::pair<const char*, const char*> forms[]{
      {"2026-11-28 12:34:56", "2026-11-28T12:34:56Z"},
      {"2026-11-28 12:34:56.123456", "2026-11-28T12:34:56.123456Z"},
      {"2026-11-28 12:34:56.123+00", "2026-11-28T12:34:56.123+00:00"},
      {"2026-11-28 12:34:56 +0530", "2026-11-28T12:34:56+05:30"},
      {"2026-11-28 12:34:56-03:30", "2026-11-28T12:34:56-03:30"},
      {"2026-11-28T12:34:56Z", "2026-11-28T12:34:56Z"},
      {"2026-11-28T12:34:56", "2026-11-28T12:34:56Z"},
  };
  for (const auto& [text, expected] : forms) {
    EXPECT_EQ(rfc3339Of(text), expected);
    EXPECT_TRUE(parseRfc3339(rfc3339Of(text)).has_value()) << text;
  }
}

TEST(TimesOfDatabases, ThatAreNoneStayAsTheyAre) {
  for (const auto* text : {"", "now", "2026-11-28", "2026-11-28 12:00:00 Europe/Oslo", "2026-11-28 12:00:00+x"})
    EXPECT_FALSE(parseRfc3339(rfc3339Of(text)).has_value()) << text;
}

TEST(Rows, ArePassedOnByPart) {
  ports::OutboxRow row;
  row[OutboxPart::Id] = ports::PartValue{"17", true};
  row[OutboxPart::Type] = ports::PartValue{"AssetCreated"};
  row[OutboxPart::ItemId] = ports::PartValue{"4711", true};
  row[OutboxPart::BaseId] = ports::PartValue{"b"};
  row[OutboxPart::OccurredAt] = ports::PartValue{"2026-11-28 12:34:56"};
  row[OutboxPart::Data] = ports::PartValue{"{}"};
  row[OutboxPart::ChangedFields] = ports::PartValue{"title"};
  row[OutboxPart::Scope] = ports::PartValue{"AA"};
  const auto parts = partsOf(row);
  EXPECT_EQ(parts.id, "17");
  EXPECT_EQ(parts.type, "AssetCreated");
  EXPECT_TRUE(parts.itemId->isNumber);
  EXPECT_FALSE(parts.baseId->isNumber);
  EXPECT_EQ(parts.occurredAt, "2026-11-28T12:34:56Z");
  EXPECT_EQ(parts.data, "{}");
  EXPECT_EQ(parts.changedFields, "title");
  EXPECT_EQ(parts.scope, "AA");
  EXPECT_FALSE(parts.operation || parts.traceparent);
  EXPECT_FALSE(writtenAt(row));
}

}  // namespace
}  // namespace lull::sources
