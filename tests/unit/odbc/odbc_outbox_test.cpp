#include <lull/odbc/odbc_outbox.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::odbc {
namespace {

using ::testing::HasSubstr;

/// The table of driver/driver.cpp, of which that value cannot be read.
OdbcOutbox tableWithout(const std::string& value) {
  return OdbcOutbox({std::string("Driver=") + LULL_TEST_ODBC_DRIVER, "box",
                     parseOutboxColumns("id=id,type=kind,itemId=item,baseId=base,data=data,error=why").value(),
                     "unreadable " + value});
}

TEST(OdbcOutboxes, SayWhichValueOfARowCannotBeReadAndReadTheOthers) {
  auto table = tableWithout("2 5 22018");
  const auto rows = table.take(10);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].fault, "");
  EXPECT_EQ((*rows)[2].fault, "");
  EXPECT_EQ((*rows)[1].fault, "The column data cannot be read: It is odd. (SQLSTATE 22018).");
  EXPECT_EQ((*rows)[1][OutboxPart::Id]->text, "2");
  EXPECT_TRUE(table.finish({"1", "3"}, {{"2", "odd"}})) << "the driver does not say how many rows it changed";
}

TEST(OdbcOutboxes, FailAsAWholeWhenItIsNotTheValuesFaultOrWhenItIsTheId) {
  for (const std::string value : {"2 5 HYT00", "2 5 08S01", "2 1 22018"}) {
    const auto rows = tableWithout(value).take(10);
    ASSERT_FALSE(rows) << value;
    EXPECT_THAT(rows.error().message, HasSubstr("cannot be read: It is odd.")) << value;
  }
}

}  // namespace
}  // namespace lull::odbc
