#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;

/// Who works for a source, and what is known of it.
class SourceScripts : public ScriptHarness {
 protected:
  Words keys() const { return {names_.meta(), names_.sources()}; }
  Call takeCall(std::int64_t now, const std::string& token, const std::string& lease = "2000") const {
    return {"source_take", keys(), {text(now), token, lease, "crm", "erp"}};
  }
  Call noteCall(const std::string& token, const Words& rest) const {
    Words arguments{text(kNow + 5), token, "crm"};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    return {"source_note", keys(), arguments};
  }
  Call askCall(const std::string& name) const { return {"source_ask", keys(), {name}}; }
  Call listCall() const { return {"sources_list", {names_.sources()}, {"crm", "erp"}}; }

  /// For both sources: whether the token holds it, and how often somebody has asked.
  std::vector<std::int64_t> taken(std::int64_t now, const std::string& token, const std::string& lease = "2000") {
    std::vector<std::int64_t> answers;
    for (const auto& item : run(takeCall(now, token, lease)).items) answers.push_back(item.integer);
    return answers;
  }
  Words listed() {
    Words texts;
    for (const auto& item : run(listCall()).items) texts.push_back(item.text);
    return texts;
  }
  std::string of(const std::string& name) { return field(names_.sources(), name); }
};

TEST_F(SourceScripts, ASourceIsHeldByOneProcessUntilItsLeaseEnds) {
  EXPECT_THAT(taken(kNow, "me"), ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(taken(kNow + 1000, "me"), ElementsAre(1, 0, 1, 0)) << "renews";
  EXPECT_THAT(taken(kNow + 2999, "you"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(taken(kNow + 3000, "you"), ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(taken(kNow + 3001, "me"), ElementsAre(0, 0, 0, 0));
}

TEST_F(SourceScripts, WhoGivesUpItsLeaseMakesRoomAtOnce) {
  taken(kNow, "me");
  EXPECT_THAT(taken(kNow, "you", "0"), ElementsAre(0, 0, 0, 0)) << "nobody gives up another one's";
  EXPECT_THAT(taken(kNow, "you"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(taken(kNow, "me", "0"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(taken(kNow, "you"), ElementsAre(1, 0, 1, 0));
}

TEST_F(SourceScripts, WhoAsksIsCounted) {
  EXPECT_EQ(run(askCall("erp")).integer, 1);
  EXPECT_EQ(run(askCall("erp")).integer, 2);
  EXPECT_THAT(taken(kNow, "me"), ElementsAre(1, 0, 1, 2));
}

TEST_F(SourceScripts, OnlyItsHolderNotesWhatASourceDid) {
  EXPECT_EQ(run(noteCall("me", {"running", "", "", "3", "0", "0", "77"})).integer, 0) << "nobody holds it";
  taken(kNow, "me");
  EXPECT_EQ(run(noteCall("you", {"running", "", "", "3", "0", "0", "77"})).integer, 0);
  EXPECT_THAT(listed(), ElementsAre("", "", "", "", "", "", "-", "", "", "", "", "", "", "-"));
  EXPECT_EQ(run(noteCall("me", {"running", "", "not yet", "3", "0", "1", "77"})).integer, 1);
  EXPECT_EQ(run(noteCall("me", {"failing", "1", "It is away.", "0", "1", "0", "-"})).integer, 1);
  EXPECT_THAT(listed(),
              ElementsAre("failing", text(kNow + 5), "It is away.", "3", "1", "1", "77", "", "", "", "", "", "", "-"));
  EXPECT_EQ(run(noteCall("me", {"waiting", "1", "", "4", "0", "0", ""})).integer, 1);
  EXPECT_THAT(listed(), ElementsAre("waiting", text(kNow + 5), "", "7", "1", "1", "", "", "", "", "", "", "", "-"));
}

TEST_F(SourceScripts, WhatCannotBeReadBeginsAnew) {
  redis({"HSET", names_.sources(), "crm|lease", "soon|you", "crm|asked", "often", "crm|admitted", "-7"});
  EXPECT_THAT(taken(kNow, "me"), ElementsAre(1, 0, 1, 0));
  EXPECT_EQ(run(noteCall("me", {"waiting", "1", "", "4", "0", "0", ""})).integer, 1);
  EXPECT_EQ(of("crm|admitted"), "4");
  EXPECT_EQ(run(askCall("crm")).integer, 1);
  redis({"HSET", names_.sources(), "erp|lease", "9000000000000000|you"});
  EXPECT_THAT(taken(kNow, "me"), ElementsAre(1, 1, 1, 0)) << "nobody was given a lease that long";
}

TEST_F(SourceScripts, CheckTypesAndArguments) {
  for (const auto& call :
       {takeCall(kNow, "me"), noteCall("me", {"waiting", "1", "", "0", "0", "0", "-"}), askCall("crm"), listCall()}) {
    expectTypesChecked(call);
  }
  for (const auto& arguments : {Words{"soon", "me", "2000", "crm"}, Words{text(kNow), "", "2000", "crm"},
                                Words{text(kNow), "m|e", "2000", "crm"}, Words{text(kNow), "me", "long", "crm"}}) {
    expectRefused({"source_take", keys(), arguments}, "LULLARG");
  }
  expectRefused({"source_ask", keys(), {""}}, "LULLARG");
  expectRefused({"source_ask", keys(), {}}, "LULLARG");
  expectRefused(noteCall("me", {"waiting", "1", "", "many", "0", "0", "-"}), "LULLARG");
  expectRefused(noteCall("me", {"waiting", "1", "", "0", "0", "0"}), "LULLARG");
}

TEST_F(SourceScripts, WorkInAFullRedis) {
  taken(kNow, "me");
  fillUp();
  EXPECT_THAT(taken(kNow + 1, "me"), ElementsAre(1, 0, 1, 0));
  EXPECT_EQ(run(noteCall("me", {"waiting", "1", "", "4", "0", "0", ""})).integer, 1);
  EXPECT_EQ(run(askCall("crm")).integer, 1);
}

}  // namespace
}  // namespace lull::redis
