#include "harness.hpp"

#include <algorithm>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WindowsScripts : public ScriptHarness {
 protected:
  WindowsScripts() { settings_.interval = 5'000; }

  Call pageCall(const std::string& score, const std::string& last, const std::string& most) const {
    return {"windows_page", {names_.windowIndex(), names_.windows()}, {score, last, most}};
  }
  Call flushCall(std::int64_t now, const Words& keys) const {
    Call call{"windows_flush", {names_.meta(), names_.windowIndex()}, {text(now)}};
    call.arguments.insert(call.arguments.end(), keys.begin(), keys.end());
    return call;
  }
  Words keysOf(const Reply& page) {
    Words keys;
    for (std::size_t i = 1; i + 3 < page.items.size(); i += 4) keys.push_back(page.items[i].text);
    EXPECT_EQ(page.items.at(0).integer, static_cast<std::int64_t>(keys.size()));
    return keys;
  }
  Words page(const std::string& score, const std::string& last, const std::string& most) {
    return keysOf(run(pageCall(score, last, most)));
  }
};

TEST_F(WindowsScripts, APageTellsKeyDueFirstAndEventsByDueTime) {
  admit({{.key = "1n2"}}, kNow + 10);
  admit({{.key = "1n1"}}, kNow);
  admit({{.key = "1n1"}}, kNow + 5);
  const auto reply = run(pageCall("-inf", "", "10"));
  EXPECT_THAT(keysOf(reply), ElementsAre("1n1", "1n2"));
  EXPECT_EQ(reply.items[2].integer, kNow + 5'005);
  EXPECT_EQ(reply.items[3].integer, kNow);
  EXPECT_EQ(reply.items[4].integer, 2);
}

TEST_F(WindowsScripts, PagesGoOnAfterTheLastKeySeenWithinOneDueTime) {
  admit({{.key = "1n1"}, {.key = "1n2"}, {.key = "1n3"}, {.key = "2n1"}}, kNow);
  admit({{.key = "1n9"}}, kNow + 1);
  const auto due = text(kNow + 5'000);
  EXPECT_THAT(page("-inf", "", "2"), ElementsAre("1n1", "1n2"));
  EXPECT_THAT(page(due, "1n2", "2"), ElementsAre("1n3", "2n1"));
  EXPECT_THAT(page(due, "2n1", "2"), ElementsAre("1n9"));
  EXPECT_THAT(page(text(kNow + 5'001), "1n9", "2"), IsEmpty());
}

TEST_F(WindowsScripts, AThousandWindowsOfOneDueTimeArePagedWithoutLossOrRepeat) {
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(1000)) events.push_back({.key = key});
  admit(events, kNow);
  Words seen;
  std::string score = "-inf";
  std::string last;
  for (Words chunk; seen.size() < 2000 && !(chunk = page(score, last, "300")).empty();) {
    seen.insert(seen.end(), chunk.begin(), chunk.end());
    score = text(kNow + 5'000);
    last = chunk.back();
  }
  auto expected = manyKeys(1000);
  std::ranges::sort(expected);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(run(flushCall(kNow, expected)).integer, 1000);
  EXPECT_EQ(redis({"ZCOUNT", names_.windowIndex(), text(kNow), text(kNow)}).integer, 1000);
}

TEST_F(WindowsScripts, NoWindowsAreAnEmptyPage) {
  EXPECT_THAT(page("-inf", "", "10"), IsEmpty());
  EXPECT_THAT(page("-inf", "", "0"), IsEmpty());
}

TEST_F(WindowsScripts, FlushingMakesOpenWindowsDueNowAndNamesHowManyThereWere) {
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  EXPECT_EQ(run(flushCall(kNow + 1, {"1n1", "1n99"})).integer, 1);
  EXPECT_EQ(score(names_.windowIndex(), "1n1"), kNow + 1);
  EXPECT_EQ(score(names_.windowIndex(), "1n2"), kNow + 5'000);
  EXPECT_FALSE(score(names_.windowIndex(), "1n99")) << "a window that was not open is not invented";
}

TEST_F(WindowsScripts, FlushingAnOverdueWindowKeepsItsDueTime) {
  admit({{.key = "1n1"}}, kNow);
  EXPECT_EQ(run(flushCall(kNow + 9'000, {"1n1"})).integer, 1);
  EXPECT_EQ(score(names_.windowIndex(), "1n1"), kNow + 5'000);
}

TEST_F(WindowsScripts, FlushingNothingChangesNothing) {
  admit({{.key = "1n1"}}, kNow);
  const auto before = snapshot();
  EXPECT_EQ(run(flushCall(kNow, {})).integer, 0);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(WindowsScripts, WrongInputIsRefused) {
  admit({{.key = "1n1"}}, kNow);
  expectTypesChecked(pageCall("-inf", "", "10"));
  expectTypesChecked(flushCall(kNow, {"1n1"}));
  expectRefused(pageCall("-inf", "", "x"), "LULLARG");
  expectRefused({"windows_page", {names_.windowIndex(), names_.windows()}, {"-inf", ""}}, "LULLARG");
  expectRefused({"windows_flush", {names_.meta(), names_.windowIndex()}, {}}, "LULLARG");
  expectRefused({"windows_flush", {names_.meta(), names_.windowIndex()}, {"1n1"}}, "LULLARG");
}

TEST_F(WindowsScripts, BothWorkWhenRedisIsFull) {
  admit({{.key = "1n1"}}, kNow);
  fillUp();
  EXPECT_EQ(run(flushCall(kNow + 1, {"1n1"})).integer, 1);
  EXPECT_THAT(page("-inf", "", "10"), ElementsAre("1n1"));
  EXPECT_EQ(score(names_.windowIndex(), "1n1"), kNow + 1);
}

}  // namespace
}  // namespace lull::redis
