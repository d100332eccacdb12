#include "../../../service/redis/message_codec.hpp"
#include "../../../service/redis/packing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lull::redis {
namespace {

Event event() {
  Event made;
  made.baseId = ItemId(std::int64_t{12});
  made.type = "AssetChanged";
  made.data = std::string("{\"n\":\"\0\xFF\"}", 11);
  made.operation = Operation::Delete;
  made.scope = "AA";
  made.changedFields = {"title", "", "status"};
  return made;
}

TEST(PayloadCodec, KeepsAllThatAnEventSays) {
  const auto payload = readPayload(packPayload(event()));
  EXPECT_EQ(payload.baseId, event().baseId);
  EXPECT_EQ(payload.eventType, "AssetChanged");
  EXPECT_EQ(payload.data, event().data);
  EXPECT_EQ(payload.operation, Operation::Delete);
  EXPECT_EQ(payload.scope, "AA");
  EXPECT_EQ(payload.changedFields, event().changedFields);
}

TEST(PayloadCodec, TellsNoFieldsFromFieldsThatNobodyNamed) {
  auto made = event();
  made.changedFields = std::vector<std::string>{};
  EXPECT_EQ(readPayload(packPayload(made)).changedFields, std::vector<std::string>{});
  made.changedFields.reset();
  EXPECT_EQ(readPayload(packPayload(made)).changedFields, std::nullopt);
}

TEST(PayloadCodec, KeepsAsManyAndAsLongNamesAsAnEventMayHave) {
  auto made = event();
  made.scope = std::string(400, 's');
  made.changedFields = std::vector<std::string>(200, std::string(400, 'f'));
  const auto payload = readPayload(packPayload(made));
  EXPECT_EQ(payload.scope, made.scope);
  EXPECT_EQ(payload.changedFields, made.changedFields);
}

TEST(PayloadCodec, RefusesWhatItDoesNotWrite) {
  const auto packed = packPayload(event());
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_THROW(readPayload(packed.substr(0, size)), UnreadableValue) << size;
  for (const char version : {'\0', '\1', '\2'}) {
    auto other = packed;
    other[0] = version;
    EXPECT_THROW(readPayload(other), UnreadableValue) << int{version};
  }
  auto unknown = event();
  unknown.operation = static_cast<Operation>(3);
  EXPECT_THROW(readPayload(packPayload(unknown)), UnreadableValue);
}

}  // namespace
}  // namespace lull::redis
