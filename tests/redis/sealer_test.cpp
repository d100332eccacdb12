#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"
#include "support/redis_server.hpp"

#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/sealer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace lull::redis {
namespace {

namespace fs = std::filesystem;
using lull::testing::ManualClock;
using lull::testing::RedisServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kOldKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr auto kNewKey = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

class KeyFileTest : public ::testing::Test {
 protected:
  KeyFileTest() {
    std::string pattern = "/tmp/lull-keys-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~KeyFileTest() override { fs::remove_all(directory_); }

  fs::path write(const std::string& text) const {
    std::ofstream(directory_ / "keys", std::ios::binary | std::ios::trunc) << text;
    return directory_ / "keys";
  }
  std::string refusal(const std::string& text) const {
    const auto keys = readKeyFile(write(text));
    EXPECT_FALSE(keys.ok()) << text;
    return keys.ok() ? "" : keys.error().message;
  }
  Sealer ring(const std::string& text) const { return Sealer(readKeyFile(write(text)).value()); }

  fs::path directory_;
};

TEST_F(KeyFileTest, TakesWhatOpensslPrintsWithAndWithoutTheLineEnd) {
  for (const std::string end : {"", "\n", "\r\n", "\n\n"}) {
    const auto keys = readKeyFile(write(kOldKey + end));
    ASSERT_TRUE(keys.ok()) << keys.error().message;
    ASSERT_EQ(keys->size(), 1U);
    EXPECT_EQ(keys->front().bytes[31], 31);
    EXPECT_EQ(keys->front().id, "630dcd29");  // of `printf … | base64 -d | sha256sum`
  }
}

TEST_F(KeyFileTest, TheFirstLineIsTheActiveKeyAndIdsAreOptional) {
  const auto keys = readKeyFile(write(std::string("# rotated\n2026-11: ") + kNewKey + "\n\n" + kOldKey + "\n"));
  ASSERT_TRUE(keys.ok()) << keys.error().message;
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->front().id, "2026-11");
  EXPECT_EQ(keys->back().id, "630dcd29");
}

TEST_F(KeyFileTest, AMalformedLineIsNamedByItsNumberAndNotShown) {
  const std::string good = std::string(kOldKey) + "\n";
  for (const std::string line :
       {"too-short", "QUJDRA==", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8*", "bad id:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="}) {
    EXPECT_THAT(refusal(good + line), AllOf(HasSubstr("Encryption:KeyFile"), HasSubstr("line 2"),
                                            HasSubstr("openssl rand -base64 32"), Not(HasSubstr(line))));
  }
  EXPECT_THAT(refusal("a:" + good + "a:" + kNewKey), AllOf(HasSubstr("line 2"), HasSubstr("each id once")));
}

TEST_F(KeyFileTest, AFileWithoutAKeyIsRefused) {
  EXPECT_THAT(refusal(""), HasSubstr("holds no key"));
  EXPECT_THAT(refusal("# nothing\n \n"), HasSubstr("holds no key"));
  EXPECT_THAT(refusal(std::string(70'000, '\n')), HasSubstr("64 KiB"));
  EXPECT_THAT(readKeyFile(directory_ / "none").error().message, HasSubstr("No such file"));
}

TEST_F(KeyFileTest, TheDataDirectoryGetsOneKeyThatStays) {
  const auto made = keyFileIn(directory_);
  ASSERT_TRUE(made.ok()) << made.error().message;
  struct stat facts {};
  ASSERT_EQ(::stat((directory_ / "encryption.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  const auto again = keyFileIn(directory_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->front().bytes, made->front().bytes);
  fs::remove(directory_ / "encryption.key");
  EXPECT_NE(keyFileIn(directory_)->front().bytes, made->front().bytes);
}

using SealerTest = KeyFileTest;

TEST_F(SealerTest, OpensWhatItSealedAndOnlyInItsPlace) {
  const auto sealer = ring(kOldKey);
  const auto sealed = sealer.seal("whsec_value", {"ep_1", "header.X", "https://a/"});
  EXPECT_THAT(sealed.text, Not(HasSubstr("value")));
  EXPECT_NE(sealed.text, sealer.seal("whsec_value", {"ep_1", "header.X", "https://a/"}).text) << "the nonce is reused";
  EXPECT_EQ(sealer.open(sealed, {"ep_1", "header.X", "https://a/"}).value(), "whsec_value");
  for (const SealContext& elsewhere :
       {SealContext{"ep_2", "header.X", "https://a/"}, SealContext{"ep_1", "header.Y", "https://a/"},
        SealContext{"ep_1", "header.X", "https://evil/"}, SealContext{"ep_1header", ".X", "https://a/"}}) {
    const auto opened = sealer.open(sealed, elsewhere);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::Internal);
    EXPECT_THAT(opened.error().message, HasSubstr("was changed in Redis"));
  }
}

TEST_F(SealerTest, EveryChangedByteIsNoticed) {
  const auto sealer = ring(kOldKey);
  const SealContext place{"ep_1", "secret.current", "https://a/"};
  const auto sealed = sealer.seal("x", place);
  for (std::size_t i = 0; i < sealed.text.size(); ++i) {
    auto changed = sealed;
    changed.text[i] = changed.text[i] == 'A' ? 'B' : 'A';
    const auto opened = sealer.open(changed, place);
    // The last character of base64 carries bits that decode to nothing.
    if (i + 1 < sealed.text.size()) {
      EXPECT_FALSE(opened.ok()) << i;
    }
    changed = sealed;
    changed.text.resize(i);
    EXPECT_FALSE(sealer.open(changed, place).ok()) << i;
  }
}

TEST_F(SealerTest, ARotatedRingOpensOldValuesAndSealsWithTheNewKey) {
  const SealContext place{"ep_1", "secret.current", "https://a/"};
  const auto old = ring(kOldKey).seal("s", place);
  const auto rotated = ring("new:" + std::string(kNewKey) + "\n" + kOldKey);
  EXPECT_EQ(rotated.open(old, place).value(), "s");
  EXPECT_EQ(rotated.seal("s", place).keyId, "new");
  EXPECT_TRUE(ring("named-later:" + std::string(kOldKey)).open(old, place).ok());
  const auto lost = ring(kNewKey).open(old, place);
  ASSERT_FALSE(lost.ok());
  EXPECT_THAT(lost.error().message, AllOf(HasSubstr("'630dcd29'"), HasSubstr("Encryption:KeyFile does not hold")));
  EXPECT_THAT(Sealer().open(old, place).error().message, HasSubstr("it is not set"));
}

using testing::NoMeter;

class SealedRegistryTest : public KeyFileTest {
 protected:
  SealedRegistryTest() {
    registration_.name = "n";
    registration_.webhook().url = "https://receiver.example/in";
    registration_.changeTypes = 1;
    registration_.webhook().headers = {{"X-Token", "header-value-1"}};
    registration_.webhook().secrets.current = "whsec_current";
    registration_.webhook().secrets.retired = {{"whsec_second", instantOf(2000)}, {"whsec_first", instantOf(1000)}};
  }

  EndpointRegistry registry(Sealer sealer) { return EndpointRegistry(shard_, std::move(sealer)); }
  Endpoint create(EndpointRegistry& registry) {
    auto created = registry.create(registration_, {});
    EXPECT_TRUE(created.ok());
    return created->endpoint;
  }
  std::string stored(const EndpointId& id) { return shard_.call({"HGET", kRegistrations, id})->text; }

  static constexpr auto kRegistrations = "{lull:00}:endpoints";
  RedisServer server_;
  NoMeter meter_;
  ManualClock clock_;
  Shard shard_{{{server_.address()}, "lull"}, clock_, meter_};
  Registration registration_;
};

TEST_F(SealedRegistryTest, NoValueIsStoredInClearAndAllComeBack) {
  auto registry = this->registry(ring(kOldKey));
  const auto created = create(registry);
  const auto blob = stored(created.id);
  EXPECT_THAT(blob, AllOf(HasSubstr("X-Token"), Not(HasSubstr("header-value")), Not(HasSubstr("whsec_"))));
  const auto found = registry.find(created.id);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->registration.webhook().headers, registration_.webhook().headers);
  EXPECT_EQ(found->registration.webhook().secrets, registration_.webhook().secrets);
  EXPECT_EQ((*registry.current())->endpoints.at(created.id)->registration.webhook().headers,
            registration_.webhook().headers);
}

TEST_F(SealedRegistryTest, NobodyWhoWritesToRedisLetsASecretSignForLonger) {
  auto registry = this->registry(ring(kOldKey));
  const auto created = create(registry);
  auto blob = stored(created.id);
  const auto at = blob.find(R"("until":1000)");
  ASSERT_NE(at, std::string::npos) << blob;
  blob.replace(at, 12, R"("until":9000)");
  ASSERT_TRUE(shard_.call({"HSET", kRegistrations, created.id, blob}).ok());
  const auto found = registry.find(created.id);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().message, HasSubstr("was changed in Redis"));
}

TEST_F(SealedRegistryTest, AReplayedCreationIsSealedToo) {
  auto registry = this->registry(ring(kOldKey));
  const ports::CreateIdempotency key{"scope\nkey", "body"};
  const auto first = registry.create(registration_, key);
  const auto replays = shard_.call({"HVALS", shard_.keys().createdBy()}).value();
  ASSERT_EQ(replays.items.size(), 1U);
  EXPECT_THAT(replays.items[0].text, AllOf(Not(HasSubstr("header-value")), Not(HasSubstr("whsec_"))));
  const auto replayed = registry.create(registration_, key);
  ASSERT_TRUE(replayed.ok()) << replayed.error().message;
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->endpoint.registration.webhook().headers, registration_.webhook().headers);
  const auto elsewhere = this->registry(ring(kNewKey)).create(registration_, key);
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_THAT(elsewhere.error().message, HasSubstr("Encryption:KeyFile"));
}

TEST_F(SealedRegistryTest, ClearValuesOfBeforeAreReadAndAWriteSealsThem) {
  auto before = registry(Sealer());
  const auto created = create(before);
  EXPECT_THAT(stored(created.id), HasSubstr("header-value-1"));
  auto after = registry(ring(kOldKey));
  const auto found = after.find(created.id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->registration.webhook().secrets.current, "whsec_current");
  ASSERT_TRUE(after.replace(created.id, 1, found->registration).ok());
  EXPECT_THAT(stored(created.id), AllOf(Not(HasSubstr("header-value")), Not(HasSubstr("whsec_"))));
}

TEST_F(SealedRegistryTest, AWriteSealsAnewWithTheActiveKey) {
  auto before = registry(ring(kOldKey));
  const auto created = create(before);
  auto rotated = registry(ring("new:" + std::string(kNewKey) + "\n" + kOldKey));
  ASSERT_TRUE(rotated.replace(created.id, 1, rotated.find(created.id)->registration).ok());
  EXPECT_THAT(stored(created.id), AllOf(HasSubstr("\"new\""), Not(HasSubstr("630dcd29"))));
  EXPECT_TRUE(registry(ring(kNewKey)).find(created.id).ok()) << "the old key is still needed";
}

TEST_F(SealedRegistryTest, AnEndpointThatCannotBeOpenedTakesNoOtherDown) {
  auto mine = registry(ring(kOldKey));
  const auto readable = create(mine);
  auto strange = registry(ring(kNewKey));
  const auto unreadable = create(strange);
  const auto snapshot = mine.current();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ((*snapshot)->endpoints.at(readable.id)->unreadable, "");
  const auto& other = *(*snapshot)->endpoints.at(unreadable.id);
  EXPECT_THAT(other.unreadable, HasSubstr("Encryption:KeyFile"));
  EXPECT_EQ(other.registration.changeTypes, 1U) << "its notifications must be queued all the same";
  const auto found = mine.find(unreadable.id);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::Internal);
  EXPECT_FALSE(mine.replace(unreadable.id, 1, registration_).ok());
  EXPECT_TRUE(mine.remove(unreadable.id).ok());
}

TEST_F(SealedRegistryTest, ValuesMovedToAnotherEndpointDoNotOpen) {
  auto registry = this->registry(ring(kOldKey));
  const auto victim = create(registry);
  const auto thief = create(registry);
  ASSERT_TRUE(shard_.call({"HSET", kRegistrations, thief.id, stored(victim.id)}).ok());
  const auto found = registry.find(thief.id);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().message, HasSubstr("of another endpoint"));
}

}  // namespace
}  // namespace lull::redis
