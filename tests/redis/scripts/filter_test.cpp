#include "facts.hpp"
#include "harness.hpp"

#include <lull/domain/filter.hpp>
#include <lull/redis/script_texts.hpp>

#include <random>

namespace lull::redis {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Filter kTitle{{}, {}, {"title"}, {}};

Words names(int from, int to, const std::string& word = "field ") {
  Words fields;
  for (int i = from; i < to; ++i) fields.push_back(word + text(i));
  return fields;
}

Event eventOf(std::optional<Words> fields, const std::string& scope = "") {
  Event event;
  event.type = "AssetChanged";
  event.scope = scope;
  event.changedFields = std::move(fields);
  return event;
}

class FilterScript : public ScriptHarness {
 protected:
  FilterScript() { settings_.interval = 5'000; }

  Words waiting(const std::string& id) {
    Words keys;
    for (const auto& key : redis({"HKEYS", names_.messages(id)}).items) keys.push_back(key.text);
    std::ranges::sort(keys);
    return keys;
  }
  /// An endpoint that is debounced comes to take every event when a window holds event 1, of the title; event 2, of the
  /// note, joins the window.
  void turnBetweenTitleAndNote() {
    admit({{.key = "1n1", .fields = Words{"title"}}}, kNow);
    ASSERT_GT(turn("a", Lanes::Item, kNow).items.at(0).integer, 0);
    admit({{.key = "1n1", .fields = Words{"note"}}}, kNow);
    fan(kNow);
  }
  /// Runs Lua code behind the functions that fire.lua has; its arguments are those of the code.
  Reply eval(const std::string& code, const Command& arguments) {
    const auto fire = std::ranges::find(scriptTexts(), "fire", [](const auto& each) { return each.name; });
    const std::string text(fire->text);
    Command command{"EVAL", text.substr(0, text.find("\nlocal wrong = ")) + "\n" + code, "0"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return redis(command);
  }
  bool wants(const std::string& filter, const std::string& facts) {
    const auto reply = eval("return facts().wants({filter = ARGV[1]}, ARGV[2]) and 1 or 0", {filter, facts});
    EXPECT_FALSE(reply.isError()) << reply.text;
    return reply.integer == 1;
  }
  std::string joined(const std::string& known, const std::string& more) {
    const auto reply = eval("return facts().joined(ARGV[1], ARGV[2])", {known, more});
    EXPECT_FALSE(reply.isError()) << reply.text;
    return reply.text;
  }
};

/// Events and filters of few words, so that they meet.
class Draw {
 public:
  Event event() {
    Event made;
    made.type = word("type");
    made.operation = static_cast<Operation>(below(3));
    if (below(3) > 0) made.scope = word("scope");
    if (below(4) > 0) made.changedFields = list("f");
    return made;
  }
  Filter filter() {
    Filter made;
    made.events = list("type");
    if (below(2) == 0) made.operations = {static_cast<Operation>(below(3))};
    if (below(3) == 0) made.operations.push_back(static_cast<Operation>(below(3)));
    made.fields = list("f");
    made.scopes = list("scope");
    return made;
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  std::string word(const std::string& of) { return of + std::string(below(3), 'f'); }
  Words list(const std::string& of) {
    Words made;
    for (auto count = below(3); count-- > 0;) made.push_back(word(of));
    return made;
  }
  std::mt19937_64 random_{7};
};

TEST_F(FilterScript, TheScriptsJudgeAnEventAsEveryoneElseDoes) {
  Draw draw;
  std::size_t passed = 0;
  constexpr std::size_t kPairs = 3000;
  for (std::size_t i = 0; i < kPairs; ++i) {
    const auto event = draw.event();
    const auto filter = draw.filter();
    if (filter.listsNothing()) continue;
    const bool passes = refusedBy(filter, event) == FilterPart::None;
    passed += passes ? 1 : 0;
    ASSERT_EQ(wants(packFilter(filter), packFacts(event)), passes) << i;
  }
  EXPECT_GT(passed, kPairs / 20);
  EXPECT_LT(passed, kPairs / 2);
}

TEST_F(FilterScript, AWindowPassesWhenOneOfItsEventsDoes) {
  Draw draw;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 600; ++i) {
    const auto filter = draw.filter();
    std::string known;
    bool onePasses = false;
    for (int events = 0; events < 3; ++events) {
      const auto event = draw.event();
      onePasses = onePasses || refusedBy(filter, event) == FilterPart::None;
      known = events == 0 ? packFacts(event) : joined(known, packFacts(event));
    }
    const bool told = filter.listsNothing() || wants(packFilter(filter), known);
    ASSERT_TRUE(told || !onePasses) << i;
    kept += told ? 0 : 1;
  }
  EXPECT_GT(kept, 20U) << "else all are told whatever they want";
}

TEST_F(FilterScript, UnknownFactsAndUnreadableFiltersTell) {
  const auto facts = packFacts(eventOf(Words{"note"}));
  EXPECT_FALSE(wants(packFilter(kTitle), facts));
  EXPECT_TRUE(wants(packFilter(kTitle), ""));
  EXPECT_TRUE(wants("damaged", facts));
  EXPECT_TRUE(wants("", facts));
  EXPECT_EQ(joined("", facts), "");
  EXPECT_EQ(joined(facts, ""), "");
}

TEST_F(FilterScript, NoPartOfANameIsTakenForAnother) {
  const auto event = eventOf(Words{"subtitle", "titles", "t"});
  EXPECT_FALSE(wants(packFilter(kTitle), packFacts(event)));
  EXPECT_FALSE(wants(packFilter({{}, {}, {"s"}, {}}), packFacts(event)));
  EXPECT_TRUE(wants(packFilter({{}, {}, {"t"}, {}}), packFacts(event)));
  EXPECT_FALSE(wants(packFilter({{}, {}, {}, {"AssetChanged"}}), packFacts(event))) << "a type is no scope";
}

TEST_F(FilterScript, WhatAWindowKeepsIsBounded) {
  const auto facts = [](const Words& fields, const std::string& scope = "") {
    return packFacts(eventOf(fields, scope));
  };
  const auto most = joined(facts(names(0, 128)), facts(names(100, 256)));
  EXPECT_FALSE(wants(packFilter(kTitle), most)) << "256 fields are kept";
  EXPECT_TRUE(wants(packFilter(kTitle), joined(most, facts({"one more"}))));
  EXPECT_TRUE(wants(packFilter({{}, {}, {"field 3"}, {}}), most));

  std::string known = facts({});
  for (int i = 0; i < 100; ++i) known = joined(known, facts({}, std::string(99, 's') + text(i)));
  EXPECT_LE(known.size(), 8192U);
  EXPECT_TRUE(wants(packFilter({{}, {}, {}, {"another"}}), known)) << "any scope may be among so many";
  EXPECT_FALSE(wants(packFilter(kTitle), known)) << "that says nothing of the fields";
  EXPECT_FALSE(wants(packFilter({{"u"}, {}, {}, {}}), known));
}

TEST_F(FilterScript, AnEventOfALanePassesByItself) {
  createLanes("a", Lanes::Item);
  createLanes("b", Lanes::Each);
  filterEndpoint("a", kTitle);
  admit({{.key = "1n1", .fields = Words{"note"}},
         {.key = "1n2", .fields = Words{"title", "note"}},
         {.key = "1n3", .operation = Operation::Delete, .fields = Words{}},
         {.key = "1n4"}},
        kNow);
  fan(kNow);
  EXPECT_THAT(waiting("a"), ElementsAre(laneKey("1n2", 2), laneKey("1n3", 3), laneKey("1n4", 4)));
  EXPECT_EQ(waiting("b").size(), 4U);
  EXPECT_EQ(counter("created"), 7);
}

TEST_F(FilterScript, AWindowThatWasFilteredOutIsGoneAndCountsNothing) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  admit({{.key = "1n1", .fields = Words{"note"}}, {.key = "1n2", .fields = Words{"note"}}}, kNow);
  admit({{.key = "1n2", .fields = Words{"title"}}}, kNow);
  const auto fired = fire(kNow + 5'000);
  EXPECT_EQ(fired.items.at(0).integer, 2);
  EXPECT_EQ(fired.items.at(1).integer, 1);
  EXPECT_THAT(waiting("a"), ElementsAre("1n2"));
  EXPECT_EQ(message("a", "1n2")->events, 2U);
  EXPECT_EQ(redis({"ZCARD", names_.windowIndex()}).integer, 0);
  EXPECT_EQ(counter("created"), 1);
}

TEST_F(FilterScript, AWindowOfManyFieldsAndALargeEventTell) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  admit({{.key = "1n1", .fields = names(0, 150)}, {.key = "1n1", .fields = names(150, 300)}}, kNow);
  admit({{.key = "1n2", .fields = names(0, 200, std::string(95, 'f'))}}, kNow);
  admit({{.key = "1n3", .fields = names(0, 200)}}, kNow);
  fire(kNow + 5'000);
  EXPECT_THAT(waiting("a"), ElementsAre("1n1", "1n2"));
}

TEST_F(FilterScript, AWindowThatIsOlderThanTheFirstFilterTells) {
  createEndpoint("a");
  admit({{.key = "1n1", .fields = Words{"note"}}, {.key = "2n1", .fields = Words{"note"}}}, kNow);
  EXPECT_EQ(field(names_.meta(), "filtered"), "");
  filterEndpoint("a", kTitle);
  EXPECT_EQ(field(names_.meta(), "filtered"), "15");
  admit({{.key = "1n1", .fields = Words{"note"}}, {.key = "1n2", .fields = Words{"note"}}}, kNow);
  fire(kNow + 5'000);
  EXPECT_THAT(waiting("a"), ElementsAre("1n1", "2n1"));
}

TEST_F(FilterScript, OnlyWindowsOfFilteredChangeTypesKeepFacts) {
  createEndpoint("a", 2);
  filterEndpoint("a", kTitle);
  admit({{.key = "1n1", .fields = Words{"note"}}}, kNow);
  admit({{.key = "2n1", .fields = Words{"note"}}}, kNow);
  const auto size = [&](const std::string& key) { return field(names_.windows(), key).size(); };
  EXPECT_EQ(size("2n1") - size("1n1"), packFacts(eventOf(Words{"note"})).size());
}

TEST_F(FilterScript, WhatNoLongerPassesIsCancelledWhenItIsItsTurn) {
  createLanes("a", Lanes::Endpoint);
  admit({{.key = "1n1"}, {.key = "1n2", .fields = Words{"note"}}, {.key = "1n3", .fields = Words{"title"}}}, kNow);
  fan(kNow);
  const auto head = claimOne("a", kNow);
  filterEndpoint("a", kTitle);
  settleOne({.action = "c", .claim = head}, kNow);
  EXPECT_THAT(waiting("a"), ElementsAre(laneKey("", 3)));
  EXPECT_EQ(counter("cancelled"), 1);
  EXPECT_EQ(claimOne("a", kNow).key, laneKey("", 3));
}

TEST_F(FilterScript, AWaitingMessageWithoutALaneIsCancelledWhenItIsClaimed) {
  createLanes("a", Lanes::Each);
  admit({{.key = "1n1", .fields = Words{"note"}}, {.key = "1n2", .fields = Words{"title"}}}, kNow);
  fan(kNow);
  filterEndpoint("a", kTitle);
  EXPECT_EQ(claimOne("a", kNow).message.item, "1n2");
  EXPECT_EQ(counter("cancelled"), 1);
}

TEST_F(FilterScript, ADebouncedMessageStaysWhateverTheFilterBecomes) {
  createEndpoint("a");
  admit({{.key = "1n1", .fields = Words{"note"}}}, kNow);
  fire(kNow + 5'000);
  filterEndpoint("a", kTitle);
  EXPECT_EQ(claimOne("a", kNow + 5'000).key, "1n1");
}

TEST_F(FilterScript, ALetterThatNoLongerPassesIsSkipped) {
  createLanes("a", Lanes::Each);
  admit({{.key = "1n1", .fields = Words{"note"}}}, kNow);
  fan(kNow);
  const auto claimed = claimOne("a", kNow);
  settleOne({.action = "b", .claim = claimed}, kNow);
  const auto retry = [&] {
    Words arguments{"a", text(kNow), text(settings_.firstRetry), "0", "1000", "100000"};
    for (auto& seen : seenLetters("a", {claimed.key})) arguments.push_back(seen);
    return run(letterCall("letters_retry", "a", arguments));
  };
  filterEndpoint("a", kTitle);
  EXPECT_EQ(retry().items.at(1).integer, 1);
  filterEndpoint("a", {});
  EXPECT_EQ(state("a", "filter"), "");
  EXPECT_EQ(retry().items.at(0).integer, 1);
}

TEST_F(FilterScript, AWindowOfTheTimeBeforeItTookEveryEventIsJudgedAsAWhole) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  admit({{.key = "1n1", .fields = Words{"note"}}, {.key = "1n2", .fields = Words{"title"}}}, kNow);
  admit({{.key = "1n2", .fields = Words{"note"}}}, kNow);
  ASSERT_GT(turn("a", Lanes::Item, kNow).items.at(0).integer, 0);
  fire(kNow + 5'000);
  ASSERT_EQ(waiting("a").size(), 1U);
  EXPECT_EQ(claimOne("a", kNow + 5'000).message.item, "1n2");
}

TEST_F(FilterScript, AWindowOfThatTimeIsOwedStillWhenALaterEventOfItIsRefused) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  turnBetweenTitleAndNote();
  ASSERT_THAT(waiting("a"), IsEmpty());
  fire(kNow + 5'000);
  ASSERT_EQ(waiting("a").size(), 1U);
  EXPECT_EQ(claimOne("a", kNow + 5'000).message.item, "1n1");
}

TEST_F(FilterScript, AWindowOfThatTimeIsOwedAlsoWhenTheFilterThatRefusedTheLaterEventIsGone) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  turnBetweenTitleAndNote();
  ASSERT_THAT(waiting("a"), IsEmpty());
  filterEndpoint("a", {});
  fire(kNow + 5'000);
  ASSERT_EQ(waiting("a").size(), 1U);
  EXPECT_EQ(claimOne("a", kNow + 5'000).message.upto, 2U);
}

TEST_F(FilterScript, AWindowOfThatTimeIsToldAlsoWhenAFilterRefusesTheLaterEventAfterItHasFired) {
  createEndpoint("a");
  turnBetweenTitleAndNote();
  ASSERT_EQ(waiting("a").size(), 1U) << "event 2 by itself";
  fire(kNow + 5'000);
  filterEndpoint("a", kTitle);
  Words told;
  for (int i = 0; i < 2; ++i) {
    for (const auto& one : claim(kNow + 5'000, {"a"}).claims) {
      told.push_back(text(one.message.events));
      settleOne({.action = "c", .claim = one}, kNow + 5'000);
    }
  }
  EXPECT_THAT(told, Contains("2")) << "the window holds event 1, which the filter lets pass";
}

TEST_F(FilterScript, AWindowIsOwedAlsoWhenTheEndpointIsDebouncedAgainAndWasRefusedTheLaterEvent) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  admit({{.key = "1n1", .fields = Words{"title"}}, {.key = "1n2", .fields = Words{"note"}}}, kNow);
  ASSERT_GT(turn("a", Lanes::Item, kNow).items.at(0).integer, 0);
  admit({{.key = "1n1", .fields = Words{"note"}}, {.key = "1n3", .fields = Words{"note"}}}, kNow);
  fan(kNow);
  ASSERT_THAT(waiting("a"), IsEmpty());
  ASSERT_GT(turn("a", Lanes::None, kNow).items.at(0).integer, 0);
  fire(kNow + 5'000);
  EXPECT_THAT(waiting("a"), ElementsAre("1n1"));
}

TEST_F(FilterScript, APurgeCountsWhatItsEndpointNoLongerWantsToo) {
  createLanes("a", Lanes::Endpoint);
  admit({{.key = "1n1"}, {.key = "1n2", .fields = Words{"note"}}, {.key = "1n3", .fields = Words{"title"}}}, kNow);
  fan(kNow);
  filterEndpoint("a", kTitle);
  const auto purged = purge({laneKey("", 1), laneKey("", 2)}, kNow);
  EXPECT_EQ(purged.items.at(0).integer, 2);
  EXPECT_EQ(purged.items.at(1).integer, 2);
  EXPECT_THAT(waiting("a"), ElementsAre(laneKey("", 3)));
  EXPECT_EQ(claimOne("a", kNow).key, laneKey("", 3));
}

TEST_F(FilterScript, ARepairedStateHasItsFilterAgain) {
  createEndpoint("a");
  filterEndpoint("a", kTitle);
  redis({"HSET", names_.state("a"), "gate", "x"});
  redis({"HDEL", names_.state("a"), "filter"});
  redis({"HDEL", names_.meta(), "filtered"});
  const auto reply = run("restore_state",
                         {names_.meta(), names_.counters(), names_.aside(), names_.registrations(), names_.wakeIndex(),
                          names_.queue("a"), names_.leases("a"), names_.state("a"), names_.setAside("a")},
                         {"a", text(kNow)});
  EXPECT_EQ(reply.integer, 1);
  EXPECT_EQ(state("a", "filter"), packFilter(kTitle));
  EXPECT_EQ(field(names_.meta(), "filtered"), "15");
}

}  // namespace
}  // namespace lull::redis
