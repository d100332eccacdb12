#include "../../../service/redis/change_codec.hpp"
#include "../../../service/redis/endpoint_codec.hpp"
#include "../../../service/redis/job_codec.hpp"
#include "../../../service/redis/mailbox_codec.hpp"
#include "../../../service/redis/message_codec.hpp"
#include "../../../service/redis/packing.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace lull::redis {
namespace {

/// Reads a seed as the fuzz target `stored` does; its first byte says what it is.
void readSeed(unsigned kind, std::string_view bytes) {
  const auto key = MessageKey::ofItem({1, ItemId(7)});
  const MessageKey inLane{"", 5};
  const Sealer sealer({{"k", {1, 2, 3}}});
  switch (kind) {
    case 0:
      return static_cast<void>(readPayload(bytes));
    case 1:
      return static_cast<void>(readMessage(bytes, key, "epoch", "ep_1"));
    case 2:
      return static_cast<void>(readAttempt(bytes, "ep_1"));
    case 3:
      EXPECT_TRUE(readHistory(bytes, "ep_1").whole);
      return;
    case 4:
      EXPECT_FALSE(readLetter(bytes, key, "epoch", "ep_1").attempts.empty());
      return;
    case 5:
      EXPECT_EQ(readEndpoint("ep_00000000000000000000", bytes, sealer).unreadable, "");
      return;
    case 6:
      EXPECT_TRUE(readMessage(bytes, inLane, "epoch", "ep_1").aside);
      return;
    case 7:
      EXPECT_FALSE(readLetter(bytes, inLane, "epoch", "ep_1").attempts.empty());
      return;
    case 8:
      EXPECT_EQ(packOrder(readOrder(bytes)), bytes);
      return;
    case 9:
      EXPECT_FALSE(readChange(bytes).eventType.empty());
      return;
    case 10:
      EXPECT_EQ(readSubscriptions(bytes).size(), 2U);
      return;
    default:
      FAIL() << "no kind " << kind;
  }
}

TEST(StoredSeeds, AreInThePresentForms) {
  std::set<unsigned> kinds;
  for (const auto& seed : std::filesystem::directory_iterator(LULL_SOURCE_DIR "/tests/fuzz/corpus/stored")) {
    const auto name = seed.path().filename().string();
    if (name.starts_with("stored-crash-")) continue;  // found by the fuzzer, and damaged on purpose
    SCOPED_TRACE(name);
    std::ifstream file(seed.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(bytes.empty());
    const auto kind = static_cast<unsigned char>(bytes[0]);
    kinds.insert(kind);
    EXPECT_NO_THROW(readSeed(kind, std::string_view(bytes).substr(1)));
  }
  EXPECT_EQ(kinds, (std::set<unsigned>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

}  // namespace
}  // namespace lull::redis
