#include "../../../service/redis/lock_id.hpp"

#include <gtest/gtest.h>

namespace lull::redis {
namespace {

const std::string kSecret = "a secret of the fleet";
const std::string kMailbox = "ep_0abcdefgh0123456789a";
const std::string kKey = "0:00000000000000ff";

TEST(LockId, NamesTheTokenOfItsLock) {
  for (const std::uint64_t token : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 52U}) {
    const auto id = lockIdOf(kSecret, kMailbox, kKey, token);
    EXPECT_EQ(id.size(), 80U);
    EXPECT_EQ(tokenIn(id, kSecret, kMailbox, kKey), token);
  }
}

TEST(LockId, IsOfOneMailboxMessageTokenAndSecret) {
  const auto id = lockIdOf(kSecret, kMailbox, kKey, 7);
  EXPECT_FALSE(tokenIn(id, kSecret + "x", kMailbox, kKey));
  EXPECT_FALSE(tokenIn(id, kSecret, kMailbox + "b", kKey));
  EXPECT_FALSE(tokenIn(id, kSecret, kMailbox, "0:0000000000000100"));
  // What ends one part cannot begin the next.
  EXPECT_FALSE(tokenIn(lockIdOf(kSecret, "ab", "c", 7), kSecret, "a", "bc"));
  auto other = lockIdOf(kSecret, kMailbox, kKey, 8).substr(0, 16) + id.substr(16);
  EXPECT_FALSE(tokenIn(other, kSecret, kMailbox, kKey)) << "the token of another lock";
}

TEST(LockId, AnyOtherTextIsNone) {
  const auto id = lockIdOf(kSecret, kMailbox, kKey, 7);
  for (std::size_t at = 0; at < id.size(); ++at) {
    auto changed = id;
    changed[at] = changed[at] == '0' ? '1' : '0';
    EXPECT_FALSE(tokenIn(changed, kSecret, kMailbox, kKey)) << at;
  }
  auto upper = id;
  for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto& wrong : {std::string(), std::string("lock"), id + "0", id.substr(0, 79), " " + id.substr(1), upper,
                            std::string(80, 'g'), std::string(80, '\0')})
    EXPECT_FALSE(tokenIn(wrong, kSecret, kMailbox, kKey)) << wrong;
}

TEST(LockId, WithoutASecretThereIsNone) {
  EXPECT_FALSE(tokenIn(lockIdOf("", kMailbox, kKey, 7), "", kMailbox, kKey));
}

}  // namespace
}  // namespace lull::redis
