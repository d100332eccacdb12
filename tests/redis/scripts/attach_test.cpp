#include "harness.hpp"

#include <lull/redis/store.hpp>

namespace lull::redis {
namespace {

class AttachScript : public ScriptHarness {
 protected:
  Call call(const std::string& schema, const std::string& run, const std::string& epoch) const {
    return {"attach", {names_.meta()}, {schema, run, epoch}};
  }
  std::string meta(const std::string& name) { return field(names_.meta(), name); }
};

TEST_F(AttachScript, TheFirstConnectionDrawsTheEpochAndNothingJumps) {
  const auto reply = run(call("1", "run-a", "epoch-a"));
  EXPECT_EQ(reply.items.at(0).text, "epoch-a");
  EXPECT_EQ(reply.items.at(1).integer, 0);
  EXPECT_EQ(meta("schema"), "1");
  EXPECT_EQ(meta("seq"), "");
}

TEST_F(AttachScript, LaterConnectionsGetTheFirstEpochAndWriteNothing) {
  run(call("1", "run-a", "epoch-a"));
  const auto before = snapshot();
  const auto reply = run(call("1", "run-a", "epoch-b"));
  EXPECT_EQ(reply.items.at(0).text, "epoch-a");
  EXPECT_EQ(reply.items.at(1).integer, 0);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(AttachScript, AnotherRunIdLetsTheSequenceJumpExactlyOnce) {
  run(call("1", "run-a", "epoch-a"));
  admit({{.key = "1n7"}}, kNow);
  const auto first = run(call("1", "run-b", "epoch-b"));
  EXPECT_EQ(first.items.at(0).text, "epoch-a");
  EXPECT_EQ(first.items.at(1).integer, 1);
  EXPECT_EQ(run(call("1", "run-b", "epoch-c")).items.at(1).integer, 0);
  EXPECT_EQ(admit({{.key = "1n7"}}, kNow).at(1), 10'000'002);
}

TEST_F(AttachScript, AnotherRunIdLeavesNoNumberThatAProcessMayRememberToBeGivenAgain) {
  run(call("1", "run-a", "epoch-a"));
  for (const auto* name : {"rev", "token", "letter"}) redis({"HSET", names_.meta(), name, "5"});
  run(call("1", "run-b", "epoch-b"));
  for (const auto* name : {"rev", "token", "letter"}) EXPECT_EQ(meta(name), "10000005") << name;
}

TEST_F(AttachScript, ANewerSchemaIsRefusedAndAnOlderOneIsKept) {
  const auto mine = std::to_string(Store::kSchema);
  const auto newer = std::to_string(Store::kSchema + 1);
  run(call(mine, "run-a", "epoch-a"));
  run(call(newer, "run-b", "epoch-b"));
  EXPECT_EQ(meta("schema"), mine) << "a newer version runs beside an older one";
  redis({"HSET", names_.meta(), "schema", newer});
  expectRefused(call(mine, "run-a", "epoch-a"), "LULLSCHEMA " + newer);
}

TEST_F(AttachScript, WrongInputIsRefused) {
  run(call("1", "run-a", "epoch-a"));
  expectTypesChecked(call("1", "run-b", "epoch-a"));
  expectRefused({"attach", {names_.meta()}, {}}, "LULLARG");
  expectRefused({"attach", {names_.meta()}, {"1", "run-b"}}, "LULLARG");
  expectRefused(call("one", "run-b", "epoch-a"), "LULLARG");
}

TEST_F(AttachScript, WorksWhenRedisIsFull) {
  run(call("1", "run-a", "epoch-a"));
  fillUp();
  EXPECT_EQ(run(call("1", "run-b", "epoch-b")).items.at(1).integer, 1);
  EXPECT_EQ(meta("seq"), "10000000");
}

}  // namespace
}  // namespace lull::redis
