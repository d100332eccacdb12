#include "change_codec.hpp"
#include "harness.hpp"
#include "packing.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// The index of what changed, from windows that fire to what is forgotten.
class ChangeScripts : public ScriptHarness {
 protected:
  Call sizeCall(std::int64_t now) const { return {"changes_size", {names_.meta(), names_.changed()}, {text(now)}}; }
  Call pageCall(const Words& arguments) const { return {"changes_page", {names_.changed()}, arguments}; }
  Call forgetCall(const Words& arguments) const {
    return {"changes_forget", {names_.meta(), names_.changed()}, arguments};
  }
  void change(const Admitted& event, std::int64_t now) {
    admit({event}, now);
    fire(now + settings_.interval);
  }
  std::optional<StoredChange> entry(const std::string& key) {
    const auto packed = field(names_.changed(), key);
    return packed.empty() ? std::nullopt : std::optional(readChange(packed));
  }
  Words keys() {
    Words found;
    const auto reply = redis({"HKEYS", names_.changed()});
    for (const auto& item : reply.items) found.push_back(item.text);
    return found;
  }
  std::string completeSince() { return field(names_.meta(), "changedFrom"); }
};

TEST_F(ChangeScripts, EveryWindowThatFiresIsKnownWhoeverSubscribes) {
  change({.key = "1n7", .operation = Operation::Create, .type = "AssetCreated"}, kNow);
  const auto known = entry("1n7").value();
  EXPECT_EQ(known.upto, 1U);
  EXPECT_EQ(millisOf(known.last), kNow);
  EXPECT_EQ(millisOf(known.fired), kNow);
  EXPECT_EQ(known.operation, Operation::Create);
  EXPECT_EQ(known.eventType, "AssetCreated");
}

TEST_F(ChangeScripts, TheLastChangeIsWhenTheLatestEventWasAcceptedNotWhenItFired) {
  settings_.interval = 5'000;
  admit({{.key = "1n7", .data = "first"}}, kNow);
  admit({{.key = "1n7", .data = "second", .occurred = kNow - 100'000}}, kNow + 3'000);
  fire(kNow + 8'500);
  const auto known = entry("1n7").value();
  EXPECT_EQ(millisOf(known.last), kNow + 3'000);
  EXPECT_EQ(millisOf(known.fired), kNow + 8'500);
  EXPECT_EQ(known.upto, 2U);
  const auto packed = field(names_.changed(), "1n7");
  ByteReader reader(std::string_view(packed).substr(25));
  EXPECT_EQ(reader.i64(), kNow) << "the first event occurred later, so it gives the content";
  EXPECT_EQ(reader.u64(), 1U);
}

TEST_F(ChangeScripts, AnItemHasOneEntryItsNewest) {
  for (int i = 0; i < 3; ++i) {
    change({.key = "1n7"}, kNow + i);
    change({.key = "2sA", .operation = Operation::Delete}, kNow + i);
  }
  change({.key = "1n7"}, kNow + 10);
  EXPECT_THAT(keys(), UnorderedElementsAre("1n7", "2sA"));
  EXPECT_EQ(entry("1n7")->upto, 7U);
  EXPECT_EQ(entry("2sA")->upto, 6U);
  EXPECT_EQ(entry("2sA")->operation, Operation::Delete);
}

TEST_F(ChangeScripts, WhatTheIndexDoesNotNeedTakesNoPlaceInIt) {
  change({.key = "1n7",
          .data = std::string(20'000, 'x'),
          .trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .scope = std::string(100, 's'),
          .fields = Words{std::string(100, 'f')}},
         kNow);
  EXPECT_EQ(entry("1n7")->eventType, "AssetChanged");
  EXPECT_EQ(entry("1n7")->upto, 1U);
  EXPECT_LT(field(names_.changed(), "1n7").size(), 80U);
}

TEST_F(ChangeScripts, AnEntryIsWrittenInTheShortestFormThatSaysIt) {
  const auto formOf = [&](const std::string& key) { return static_cast<int>(field(names_.changed(), key).at(1)); };
  change({.key = "1n1", .trace = "trace"}, kNow);
  change({.key = "1n2", .occurred = kNow - 9}, kNow);
  change({.key = "1n3"}, kNow);
  admit({{.key = "1n5"}, {.key = "1n5", .occurred = kNow - 9}}, kNow);
  fire(kNow);
  EXPECT_EQ(formOf("1n5"), 1) << "the first of two events of the same moment gives the content";
  EXPECT_EQ(formOf("1n1"), 0);
  EXPECT_EQ(formOf("1n2"), 1);
  EXPECT_EQ(formOf("1n3"), 2) << "without the lengths of facts and trace, which are empty";
  const auto bytes = [&](const std::string& key) { return field(names_.changed(), key).size(); };
  EXPECT_EQ(bytes("1n3"), bytes("1n1") - std::string("trace").size() - 8);
  for (const auto* key : {"1n1", "1n2", "1n3"}) EXPECT_EQ(entry(key)->eventType, "AssetChanged") << key;
  auto unknown = field(names_.changed(), "1n3");
  unknown.at(1) = 3;
  EXPECT_THROW(readChange(unknown), UnreadableValue);
}

TEST_F(ChangeScripts, ItIsCompleteFromWhenItBeganAnew) {
  change({.key = "1n1"}, kNow);
  redis({"DEL", names_.changed()});
  redis({"SET", names_.changed(), "x"});
  run("aside_key",
      {names_.meta(), names_.counters(), names_.aside(), names_.changed(), names_.asideKey(names_.changed())},
      {"hash"});
  EXPECT_EQ(completeSince(), "");
  EXPECT_EQ(run(sizeCall(kNow + 77)).integer, 0);
  EXPECT_EQ(completeSince(), text(kNow + 77));
  change({.key = "1n1"}, kNow + 80);
  EXPECT_EQ(run(sizeCall(kNow + 900)).integer, 1);
  EXPECT_EQ(completeSince(), text(kNow + 77));
}

TEST_F(ChangeScripts, TheOldestAreForgottenUnlessTheyChangedSince) {
  for (const auto* key : {"1n1", "1n2", "1n3"}) change({.key = key}, kNow);
  change({.key = "1n2"}, kNow + 1);
  EXPECT_EQ(run(forgetCall({text(kNow + 50), "1n1", "1", "1n2", "2", "1n9", "9"})).integer, 1);
  EXPECT_THAT(keys(), UnorderedElementsAre("1n2", "1n3"));
  EXPECT_EQ(completeSince(), text(kNow + 50));
  EXPECT_EQ(run(forgetCall({text(kNow + 20), "1n3", "3"})).integer, 1);
  EXPECT_EQ(completeSince(), text(kNow + 50)) << "it never reaches back further again";
}

TEST_F(ChangeScripts, PagesShowEveryEntry) {
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(300)) events.push_back({.key = key});
  admit(events, kNow);
  while (fire(kNow, 1000, 250).items.at(0).integer > 0) {
  }
  std::set<std::string> found;
  std::string cursor = "0";
  do {
    const auto reply = run(pageCall({cursor, "50"}));
    for (std::size_t i = 1; i + 1 < reply.items.size(); i += 2) {
      found.insert(reply.items[i].text);
      EXPECT_EQ(readChange(reply.items[i + 1].text).eventType, "AssetChanged");
    }
    cursor = reply.items.at(0).text;
  } while (cursor != "0");
  EXPECT_EQ(found.size(), 300U);
}

TEST_F(ChangeScripts, AFullRedisStillTakesInWhatFires) {
  admit({{.key = "1n1"}}, kNow);
  fillUp();
  fire(kNow + settings_.interval);
  EXPECT_THAT(keys(), ElementsAre("1n1"));
  EXPECT_FALSE(run(forgetCall({text(kNow), "1n1", "1"})).isError());
}

TEST_F(ChangeScripts, WrongInputIsRefused) {
  for (const auto& call : {sizeCall(kNow), pageCall({"0", "10"}), forgetCall({text(kNow), "1n1", "1"})})
    expectTypesChecked(call);
  expectRefused({"changes_size", {names_.meta(), names_.changed()}, {"x"}}, "LULLARG");
  expectRefused(pageCall({"x", "10"}), "LULLARG");
  expectRefused(pageCall({"0"}), "LULLARG");
  expectRefused(forgetCall({text(kNow), "1n1"}), "LULLARG");
  expectRefused(forgetCall({"x"}), "LULLARG");
}

}  // namespace
}  // namespace lull::redis
