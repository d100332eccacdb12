#include "harness.hpp"
#include "redis/stream_event.hpp"

#include <lull/redis/script_texts.hpp>

#include <algorithm>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What admit.lua appends to the stream, and the order of the calls that one request is cut into.
class AdmitStream : public ScriptHarness {
 protected:
  AdmitStream() { take(1); }

  /// These change types are taken by endpoints that want every event.
  void take(std::int64_t mask) { redis({"HSET", names_.meta(), "every", text(mask)}); }
  std::vector<StreamEvent> stream() {
    std::vector<StreamEvent> events;
    for (const auto& item : redis({"LRANGE", names_.stream(), "0", "-1"}).items)
      events.push_back(readStreamEvent(item.text));
    return events;
  }
  Words items() {
    Words found;
    for (const auto& event : stream()) found.push_back(event.item);
    return found;
  }
  /// The second number of the reply.
  std::int64_t appended(const std::vector<Admitted>& events, std::int64_t now = kNow) {
    return run(admitCall(events, now)).items.at(1).integer;
  }
  Call part(const std::vector<Admitted>& events, const std::string& after, const std::string& token) const {
    auto call = admitCall(events, kNow);
    call.arguments.at(5) = after;
    call.arguments.at(6) = token;
    return call;
  }
  std::string token() { return redis({"GET", names_.part("test")}).text; }
};

TEST_F(AdmitStream, HoldsAllOfAnEvent) {
  admit({{.key = "1n1"}}, kNow - 50);
  redis({"DEL", names_.stream()});
  const std::string bytes("\0\xFF\r\n", 4);
  admit({{.key = "1s\xC3\xA9",
          .data = bytes,
          .occurred = kNow - 7,
          .trace = "trace",
          .operation = Operation::Delete,
          .scope = "AA",
          .fields = Words{"title"}}},
        kNow);
  ASSERT_EQ(stream().size(), 1U);
  const auto event = stream().front();
  EXPECT_EQ(event.sequence, 2U);
  EXPECT_EQ(event.admitted, kNow);
  EXPECT_EQ(event.occurred, kNow - 7);
  EXPECT_EQ(event.bit, 1U);
  EXPECT_EQ(event.item, "1s\xC3\xA9");
  EXPECT_EQ(event.trace, "trace");
  const auto payload = readPayload(event.payload);
  EXPECT_EQ(payload.data, bytes);
  EXPECT_EQ(payload.operation, Operation::Delete);
  EXPECT_EQ(payload.scope, "AA");
  EXPECT_EQ(payload.changedFields, Words{"title"});
}

TEST_F(AdmitStream, HoldsATimeInTheFutureAsNowAndOneBeforeTheEpochAsItIs) {
  admit({{.key = "1n1", .occurred = kNow + 1}, {.key = "1n1", .occurred = -5}, {.key = "1n1"}}, kNow);
  const auto events = stream();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].occurred, kNow);
  EXPECT_EQ(events[1].occurred, -5);
  EXPECT_EQ(events[2].occurred, kNow);
}

TEST_F(AdmitStream, GetsOnlyTheChangeTypesThatAreTakenInTheOrderOfTheirSequences) {
  take(1 + 4);
  EXPECT_EQ(appended({{.key = "4n1"}, {.key = "2n2"}, {.key = "1n3"}, {.key = "8n4"}, {.key = "4n1"}}), 3);
  EXPECT_EQ(appended({{.key = "2n5"}, {.key = "8n6"}}), 0);
  EXPECT_EQ(appended({{.key = "1n7"}}), 1);
  EXPECT_THAT(items(), ElementsAre("4n1", "1n3", "4n1", "1n7"));
  std::vector<std::uint64_t> sequences;
  for (const auto& event : stream()) sequences.push_back(event.sequence);
  EXPECT_THAT(sequences, ElementsAre(1, 3, 5, 8));
}

TEST_F(AdmitStream, KnowsTheHighestChangeType) {
  take(std::int64_t{1} << 30);
  admit({{.key = "1n1"}, {.key = "1073741824n2"}}, kNow);
  EXPECT_THAT(items(), ElementsAre("1073741824n2"));
  EXPECT_EQ(stream().at(0).bit, 1U << 30);
}

TEST_F(AdmitStream, IsNotTouchedWhenNobodyTakesAnything) {
  take(0);
  EXPECT_EQ(appended({{.key = "1n1"}, {.key = "2n2"}}), 0);
  EXPECT_EQ(redis({"EXISTS", names_.stream()}).integer, 0);
}

TEST_F(AdmitStream, GetsEverythingWhileNobodyKnowsWhatIsTaken) {
  for (const std::string mask : {"", "x", "-1", "1.5", "2147483648", "9007199254740993", "missing"}) {
    SCOPED_TRACE(mask);
    redis({"DEL", names_.stream()});
    redis({"HSET", names_.meta(), "every", mask});
    if (mask == "missing") redis({"HDEL", names_.meta(), "every"});
    EXPECT_EQ(appended({{.key = "1n1"}, {.key = "8n2"}, {.key = "1073741824n3"}}), 3);
    EXPECT_EQ(stream().size(), 3U);
  }
}

TEST_F(AdmitStream, DoesNotGetRepeats) {
  const Admitted once{.key = "1n1", .id = "id"};
  EXPECT_EQ(appended({{.key = "1n2"}, once, once, {.key = "1n3"}}), 3);
  EXPECT_EQ(appended({once, {.key = "1n4"}, once}), 1);
  EXPECT_EQ(appended({once}), 0);
  EXPECT_THAT(items(), ElementsAre("1n2", "1n1", "1n3", "1n4"));
}

TEST_F(AdmitStream, HoldsABatchOfAThousandWhoseEventsShareWindows) {
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(500)) events.insert(events.end(), {{.key = key}, {.key = key}});
  EXPECT_EQ(appended(events), 1000);
  const auto found = stream();
  ASSERT_EQ(found.size(), 1000U);
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].sequence, i + 1);
    ASSERT_EQ(found[i].item, events[i].key);
  }
}

TEST_F(AdmitStream, IsLeftAloneByAFullRedis) {
  admit({{.key = "1n1", .id = "id"}}, kNow);
  fillUp();
  expectRefused(part({{.key = "1n2"}}, "", "7"), "OOM");
  expectRefused(part({{.key = "1n1", .id = "id"}}, "", "7"), "OOM");
  EXPECT_EQ(appended({{.key = "1n1", .id = "id"}}), 0);
}

TEST_F(AdmitStream, KeysOfAnotherTypeAreRefused) {
  const auto first = part({{.key = "1n1"}}, "", "7");
  run(first);
  expectTypesChecked(first);
  expectTypesChecked(part({{.key = "1n2"}}, "7", "8"));
}

TEST_F(AdmitStream, APartRunsOnlyBehindTheOneBeforeIt) {
  const auto second = part({{.key = "1n3"}}, "7", "8");
  const auto third = part({{.key = "1n4"}}, "8", "");
  expectRefused(second, "LULLPART");
  EXPECT_FALSE(run(part({{.key = "1n2"}}, "", "7")).isError());
  expectRefused(third, "LULLPART");
  EXPECT_FALSE(run(second).isError());
  EXPECT_FALSE(run(third).isError());
  EXPECT_THAT(items(), ElementsAre("1n2", "1n3", "1n4"));
}

TEST_F(AdmitStream, APartThatIsSentAgainRunsAlthoughTheCallBehindItHasRunMeanwhile) {
  run(part({{.key = "1n1"}}, "", "7"));
  EXPECT_FALSE(run(part({{.key = "1n3"}}, "", "8")).isError()) << "it begins with another request";
  EXPECT_FALSE(run(part({{.key = "1n2"}}, "7", "")).isError());
  EXPECT_FALSE(run(part({{.key = "1n4"}}, "8", "")).isError());
  expectRefused(part({{.key = "1n5"}}, "6", ""), "LULLPART");
}

TEST_F(AdmitStream, APartThatWasRefusedLeavesNoToken) {
  redis({"HSET", names_.windows(), "1n1", "damaged"});
  EXPECT_EQ(run(part({{.key = "1n1"}}, "", "7")).items.at(0).text, "LULLDAMAGED");
  expectRefused(part({{.key = "1n2"}}, "7", ""), "LULLPART");
}

TEST_F(AdmitStream, APartOfRepeatsLetsTheNextOneRun) {
  const Admitted once{.key = "1n1", .id = "id"};
  admit({once}, kNow);
  EXPECT_FALSE(run(part({once}, "", "7")).isError());
  EXPECT_FALSE(run(part({{.key = "1n2"}}, "7", "")).isError());
}

TEST_F(AdmitStream, CallsThatCutNoRequestLeaveTheTokenAlone) {
  run(part({{.key = "1n1"}}, "", "7"));
  admit({{.key = "1n2"}}, kNow);
  EXPECT_EQ(token(), "7");
}

TEST_F(AdmitStream, TheTokenOfAProcessThatEndedIsForgotten) {
  run(part({{.key = "1n1"}}, "", "7"));
  const auto left = redis({"PTTL", names_.part("test")}).integer;
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 60'000);
}

/// lib/stream.lua alone: admit.lua holds its text, up to where the script itself begins.
class StreamLibrary : public ScriptHarness {
 protected:
  Reply eval(const std::string& code, const Command& arguments) {
    const auto admit = std::ranges::find(scriptTexts(), "admit", [](const auto& each) { return each.name; });
    const std::string text(admit->text);
    Command command{"EVAL", text.substr(0, text.find("\nlocal wrong = ")) + "\n" + code, "0"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return redis(command);
  }
};

TEST_F(StreamLibrary, ReadsWhatItPacks) {
  const auto reply = eval(R"(
    local e = {sequence = 9007199254740991, admitted = 1763900000000, occurred = -5, bit = 1073741824,
      item = '1s\0x', trace = 't', payload = 'p\0q'}
    local packed = packStreamEvent(e)
    local read, wrong = readStreamEvent(packed), {}
    for name, value in pairs(e) do
      if read[name] ~= value then wrong[#wrong + 1] = name end
    end
    if admittedOfStreamEvent(packed) ~= e.admitted then wrong[#wrong + 1] = 'admittedOf' end
    return wrong)",
                          {});
  EXPECT_EQ(reply.kind, Reply::Kind::Array) << reply.text;
  EXPECT_THAT(reply.items, IsEmpty());
}

TEST_F(StreamLibrary, TellsAnEventFromEverythingElse) {
  redis({"HSET", names_.meta(), "every", "1"});
  admit({{.key = "1n1", .trace = "trace"}}, kNow);
  const auto packed = redis({"LINDEX", names_.stream(), "0"}).text;
  const auto is = [&](const std::string& value) {
    const auto reply = eval("return isStreamEvent(ARGV[1]) and 1 or 0", {value});
    EXPECT_FALSE(reply.isError()) << reply.text;
    return reply.integer == 1;
  };
  EXPECT_TRUE(is(packed));
  for (std::size_t size = 0; size < packed.size(); ++size) EXPECT_FALSE(is(packed.substr(0, size))) << size;
  EXPECT_FALSE(is(packed + "x"));
  EXPECT_FALSE(is("\1" + packed.substr(1)));
  // A length that is none of it: that of the item key, of the trace, of the payload.
  const std::size_t item = 29, trace = item + 2 + 3, payload = trace + 2 + 5;
  for (const std::size_t at : {item, trace, payload + 2}) {
    for (const char high : {'\1', '\xFF'}) {
      auto damaged = packed;
      damaged[at] = high;
      EXPECT_FALSE(is(damaged)) << at;
    }
  }
}

}  // namespace
}  // namespace lull::redis
