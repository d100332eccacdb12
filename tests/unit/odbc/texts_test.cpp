#include "scrub.hpp"
#include "statements.hpp"
#include "wide.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::odbc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const auto kColumns = parseOutboxColumns("id=no,type=kind,itemId=item,baseId=base,error=why").value();

std::string take(Dialect dialect, const OutboxColumns& columns = kColumns) {
  return takeStatement(dialect, "crm.box", columns, 100, "").value();
}

TEST(Statements, LockTheOldestRowsInTheDialectOfTheDatabase) {
  EXPECT_EQ(take(Dialect::PostgreSql),
            "SELECT no, kind, item, base FROM crm.box WHERE why IS NULL ORDER BY no LIMIT 100 FOR UPDATE SKIP LOCKED");
  EXPECT_EQ(take(Dialect::MySql), take(Dialect::PostgreSql));
  EXPECT_EQ(take(Dialect::SqlServer),
            "SELECT TOP (100) no, kind, item, base FROM crm.box WITH (UPDLOCK, ROWLOCK, READPAST) WHERE why IS NULL "
            "ORDER BY no");
  EXPECT_EQ(take(Dialect::Oracle),
            "SELECT no, kind, item, base FROM crm.box WHERE why IS NULL ORDER BY no FOR UPDATE SKIP LOCKED");
}

TEST(Statements, OrderByTheColumnThatSaysSo) {
  const auto columns = parseOutboxColumns("id=no,type=kind,itemId=item,baseId=base,error=why,order=at").value();
  EXPECT_THAT(take(Dialect::PostgreSql, columns), HasSubstr(" ORDER BY at, no LIMIT"));
}

TEST(Statements, OfTheSettingsReplaceThem) {
  EXPECT_EQ(takeStatement(Dialect::Other, "box", kColumns, 7, "TAKE {batchSize} OF {batchSize}").value(),
            "TAKE 7 OF 7");
  const auto unknown = takeStatement(Dialect::Other, "box", kColumns, 7, "");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("TakeSql"));
}

TEST(Statements, RemoveByIdAndRefuseWhatWasNotRefusedBefore) {
  EXPECT_EQ(removeStatement("box", kColumns, 3), "DELETE FROM box WHERE no IN (?,?,?)");
  EXPECT_EQ(refuseStatement("box", kColumns), "UPDATE box SET why = ? WHERE no = ? AND why IS NULL");
}

TEST(Statements, OfASessionKeepMySqlFromLockingTheGapsIntoWhichPublishersWrite) {
  EXPECT_THAT(sessionStatements(Dialect::MySql),
              ::testing::Contains("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
}

TEST(Dialects, AreKnownByTheNamesThatDriversGive) {
  EXPECT_EQ(dialectOf("PostgreSQL"), Dialect::PostgreSql);
  EXPECT_EQ(dialectOf("Microsoft SQL Server"), Dialect::SqlServer);
  EXPECT_EQ(dialectOf("MySQL"), Dialect::MySql);
  EXPECT_EQ(dialectOf("MariaDB"), Dialect::MySql);
  EXPECT_EQ(dialectOf("Oracle"), Dialect::Oracle);
  EXPECT_EQ(dialectOf("SQLite"), Dialect::Other);
}

TEST(WideText, IsTheSameTextBothWays) {
  for (const std::string text : {"", "plain", "Æøå", "€", "🎓 a 🎓", "\xef\xbf\xbd"})
    EXPECT_EQ(narrowOf(wideOf(text)), text);
  EXPECT_EQ(wideOf("🎓"), u"🎓");
  EXPECT_EQ(narrowOf(u"a🎓"), "a🎓");
}

TEST(WideText, WhatIsNoneBecomesTheReplacement) {
  EXPECT_EQ(wideOf("a\xff"), u"a\xfffd");
  const char16_t alone[]{0xd83c, u'a', 0xdf93, 0xd83c, 0};
  EXPECT_EQ(narrowOf(alone),
            "\xef\xbf\xbd"
            "a"
            "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Secrets, OfConnectionStringsAreTakenOutOfMessages) {
  const auto secrets =
      secretsIn("Driver={PostgreSQL Unicode};Server=db;Uid=lull;Pwd={a;b}}c};Password = word ;SslKey=k;Database=crm");
  const auto shown = scrubbed("no {a;b}}c} a;b}}c a;b}c word of k in crm\nat db", secrets);
  EXPECT_THAT(shown, Not(HasSubstr("a;b")));
  EXPECT_THAT(shown, Not(HasSubstr("word")));
  EXPECT_EQ(shown, "no *** *** *** *** of *** in crm at db");
}

TEST(Secrets, OfOddConnectionStringsEndNothing) {
  for (const auto* text : {"", ";", "=", "pwd", "pwd=", "pwd={", "pwd={a", "pwd={}}", "=;=;", "a;b;pwd=c"})
    EXPECT_LE(secretsIn(text).size(), 3U) << text;
  EXPECT_EQ(secretsIn("a;b;pwd=c").front(), "c");
}

TEST(Messages, AreCut) {
  const auto shown = scrubbed(std::string(599, 'a') + "ææ" + std::string(2000, 'b'), {});
  EXPECT_EQ(shown, std::string(599, 'a') + "…");
}

}  // namespace
}  // namespace lull::odbc
