#include <lull/domain/outbox.hpp>

#include <gtest/gtest.h>

namespace lull {
namespace {

std::string problem(std::string_view text) {
  const auto columns = parseOutboxColumns(text);
  return columns ? "" : columns.error().message;
}

TEST(OutboxColumns, AreReadByPart) {
  const auto columns = parseOutboxColumns(" id = no, type=kind,itemId=item,baseId=base,error=why ").value();
  EXPECT_EQ(columns[OutboxPart::Id], "no");
  EXPECT_EQ(columns[OutboxPart::Error], "why");
  EXPECT_EQ(columns[OutboxPart::Data], "");
  EXPECT_EQ(parseOutboxColumns(kDefaultOutboxColumns).value()[OutboxPart::ChangedFields], "changed_fields");
}

TEST(OutboxColumns, SayWhatIsWrong) {
  const std::string good = "id=no,type=kind,itemId=item,baseId=base,error=why";
  EXPECT_EQ(problem(good), "");
  EXPECT_EQ(problem(good + ","), "has an entry without '='");
  EXPECT_EQ(problem(good + ",colour=c"), "names a part that there is not: 'colour'");
  EXPECT_EQ(problem(good + ",id=id"), "names id twice");
  EXPECT_EQ(problem(good + ",data=a b"), "gives data a column that is no plain SQL name");
  EXPECT_EQ(problem(good + ",data=d; DROP TABLE x"), "gives data a column that is no plain SQL name");
  EXPECT_EQ(problem("id=no,type=kind,itemId=item,baseId=base"), "has no column for error");
  EXPECT_NE(problem(""), "");
}

TEST(NamesOfTables, ArePlainOnes) {
  for (const auto* good : {"outbox", "crm.outbox", "a.b.c", "_x$1#"}) EXPECT_TRUE(isTableName(good)) << good;
  for (const auto& bad :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a.b.c.d"),
        std::string("1a"), std::string("a b"), std::string("a;b"), std::string("a--"), std::string("\"a\""),
        std::string("a'b"), std::string("tabell\xc3\xb8"), std::string(129, 'a')})
    EXPECT_FALSE(isTableName(bad)) << bad;
}

}  // namespace
}  // namespace lull
