#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;

class AttemptsNewScript : public ScriptHarness {
 protected:
  /// "a" has three attempts, "b" one, "c" none.
  AttemptsNewScript() {
    for (const char* attempt : {"1", "2", "3"}) redis({"LPUSH", names_.attempts("a"), attempt});
    redis({"LPUSH", names_.attempts("b"), "4"});
  }
  Call call(const Words& arguments) const {
    return {"attempts_new", {names_.attempts("a"), names_.attempts("b"), names_.attempts("c")}, arguments};
  }
  std::vector<Words> read(const Words& arguments) {
    std::vector<Words> logs;
    for (const auto& log : run(call(arguments)).items) {
      auto& words = logs.emplace_back();
      for (const auto& attempt : log.items) words.push_back(attempt.text);
    }
    return logs;
  }
};

TEST_F(AttemptsNewScript, RepliesWhatStandsBeforeTheKnownOne) {
  EXPECT_THAT(read({"", "5", "", "5", "", "5"}), ElementsAre(Words{"3", "2", "1"}, Words{"4"}, Words{}));
  EXPECT_THAT(read({"1", "5", "4", "5", "4", "5"}), ElementsAre(Words{"3", "2"}, Words{}, Words{}));
  EXPECT_THAT(read({"trimmed", "5", "", "1", "", "1"}), ElementsAre(Words{"3", "2", "1"}, Words{"4"}, Words{}));
}

TEST_F(AttemptsNewScript, RepliesNoMoreThanIsAskedFor) {
  EXPECT_THAT(read({"", "1", "", "1", "", "1"}), ElementsAre(Words{"3"}, Words{"4"}, Words{}));
  EXPECT_THAT(read({"1", "2", "4", "1", "", "1"}), ElementsAre(Words{"3", "2"}, Words{}, Words{}));
}

TEST_F(AttemptsNewScript, ChecksWhatItIsGiven) {
  expectTypesChecked(call({"", "5", "", "5", "", "5"}));
  expectRefused(call({"", "5", "", "5"}), "LULLARG");
  expectRefused(call({"", "0", "", "5", "", "5"}), "LULLARG");
  expectRefused(call({"", "5", "", "x", "", "5"}), "LULLARG");
}

}  // namespace
}  // namespace lull::redis
