#include "redis/two_endpoints.hpp"

#include <lull/redis/alert_store.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace lull::redis {
namespace {

using ports::Alert;
using ports::AlertKind;
using ::testing::ElementsAre;

class Alerts : public ::testing::Test {
 protected:
  /// "subject xcount sentence" of every alert, page by page.
  std::vector<std::string> shown(std::size_t limit = 500) {
    std::vector<std::string> lines;
    PageRequest request{limit, ""};
    do {
      const auto page = alerts_.list(request);
      EXPECT_TRUE(page) << page.error().message;
      if (!page) return lines;
      EXPECT_LE(page->items.size(), limit);
      for (const auto& alert : page->items) {
        lines.push_back(std::string(toString(alert.kind)) + " " + alert.subject + " x" + std::to_string(alert.count) +
                        " " + alert.sentence);
      }
      request.cursor = page->nextCursor;
    } while (!request.cursor.empty());
    return lines;
  }

  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  AlertQueue raised_{clock_};
  AlertStore alerts_{shard_, raised_};
};

TEST_F(Alerts, ARepetitionCountsUpAndRenewsTheSentenceAndItsPlace) {
  raised_.raise(AlertKind::Unreadable, "ep_1", "one");
  clock_.advance(Millis{5});
  raised_.raise(AlertKind::Clock, "ep_1", "two");
  ASSERT_TRUE(alerts_.write());
  clock_.advance(Millis{5});
  raised_.raise(AlertKind::Unreadable, "ep_1", "three");
  raised_.raise(AlertKind::Unreadable, "ep_1", "four");
  ASSERT_TRUE(alerts_.write());
  EXPECT_THAT(shown(), ElementsAre("unreadable ep_1 x3 four", "clock ep_1 x1 two"));
  EXPECT_EQ(alerts_.list({})->items.at(0).at, clock_.now());
}

TEST_F(Alerts, TheLast500AreKeptAndComeNewestFirstPageByPage) {
  for (int i = 0; i < 520; ++i) {
    raised_.raise(AlertKind::Source, "s" + std::to_string(i), "It is away.");
    if (i % 2 == 1) clock_.advance(Millis{1});  // two share each time
    if (i == 300) {
      ASSERT_TRUE(alerts_.write());
    }
  }
  ASSERT_TRUE(alerts_.write());
  const auto lines = shown(7);
  ASSERT_EQ(lines.size(), 500U);
  EXPECT_EQ(lines.front(), "source s519 x1 It is away.");
  EXPECT_EQ(lines.back(), "source s20 x1 It is away.");
}

TEST_F(Alerts, WhatIsRaisedWhileRedisIsAwayIsWrittenLaterAndBounded) {
  ASSERT_TRUE(alerts_.write());
  server_.kill9();
  for (int i = 0; i < 600; ++i) raised_.raise(AlertKind::Broker, "b" + std::to_string(i), "Away.");
  raised_.raise(AlertKind::Broker, "b0", "Still away.");
  EXPECT_FALSE(alerts_.write());
  server_.restart();
  while (!alerts_.write()) std::this_thread::yield();
  const auto lines = shown();
  EXPECT_EQ(lines.size(), 500U);
  EXPECT_THAT(lines, ::testing::Contains("broker b0 x2 Still away."));
}

TEST_F(Alerts, AnyBytesInASubjectComeBackAndLongOnesAreCut) {
  raised_.raise(AlertKind::EndpointOpen, std::string("a|b\r\n\0c", 7), "s|t");
  raised_.raise(AlertKind::EndpointPaused, std::string(300, 'x'), "s");
  ASSERT_TRUE(alerts_.write());
  const auto page = alerts_.list({});
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[1].subject, std::string("a|b\r\n\0c", 7));
  EXPECT_EQ(page->items[1].sentence, "s|t");
  EXPECT_EQ(page->items[0].subject, std::string(200, 'x'));
}

TEST_F(Alerts, ACursorThatIsNoneIsAnInputError) {
  EXPECT_EQ(alerts_.list({10, "nonsense"}).error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace lull::redis
