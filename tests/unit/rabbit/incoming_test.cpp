#include "../../../service/rabbit/incoming.hpp"

#include "../../../service/rabbit/unacknowledged.hpp"

#include <lull/ports/message_queue.hpp>

#include <amqp.h>
#include <amqp_framing.h>
#include <gtest/gtest.h>

namespace lull::rabbit {
namespace {

struct Assemblies : ::testing::Test {
  /// Puts a message of one piece after another together.
  std::shared_ptr<Incoming> whole(std::uint64_t size, const std::vector<std::string>& pieces) {
    assembly.begin(1, 7, "key");
    auto message = assembly.header(1, size, "encoded", &properties);
    for (const auto& piece : pieces) {
      EXPECT_FALSE(message) << "too early";
      message = assembly.body(1, piece);
    }
    return message;
  }

  Assembly assembly;
  amqp_basic_properties_t properties{};
};

TEST_F(Assemblies, PutMessagesTogetherFromTheirPieces) {
  properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG;
  properties.message_id = amqp_cstring_bytes("m-1");
  properties.content_type = amqp_cstring_bytes("not told");
  properties.timestamp = 1'795'000'000;
  const auto message = whole(6, {"abc", "def"});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->tag, 7U);
  EXPECT_EQ(message->routingKey, "key");
  EXPECT_EQ(message->properties, "encoded");
  EXPECT_EQ(message->messageId, "m-1");
  EXPECT_EQ(message->contentType, "");
  EXPECT_EQ(message->timestamp, 1'795'000'000U);
  EXPECT_EQ(message->body, "abcdef");
  EXPECT_FALSE(assembly.body(1, "more")) << "it belongs to nothing";
}

TEST_F(Assemblies, HaveMessagesWithoutABodyAtOnce) {
  const auto message = whole(0, {});
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->timestamp);
}

TEST_F(Assemblies, KeepNoBodyThatIsTooLong) {
  const std::string piece(ports::kMostMessageBytes, 'x');
  const auto message = whole(2 * piece.size(), {piece, piece});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->size, 2 * piece.size());
  EXPECT_EQ(message->body.capacity(), std::string().capacity()) << "it takes no memory either";
}

TEST_F(Assemblies, KeepChannelsApart) {
  assembly.begin(1, 1, "");
  assembly.begin(2, 2, "");
  EXPECT_FALSE(assembly.header(1, 2, "", &properties));
  EXPECT_FALSE(assembly.header(2, 2, "", &properties));
  EXPECT_FALSE(assembly.header(3, 2, "", &properties)) << "nothing began there";
  const auto second = assembly.body(2, "22");
  const auto first = assembly.body(1, "11");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->body, "11");
  EXPECT_EQ(second->body, "22");
}

TEST(Acknowledgements, CoverOthersOnlyWhereTheseAreAllThatIsOpen) {
  const Unacknowledged open{{3, nullptr}, {4, nullptr}, {6, nullptr}, {7, nullptr}};
  EXPECT_TRUE(areAllUpToTheLast({3, 4, 6}, open));
  EXPECT_TRUE(areAllUpToTheLast({3}, open));
  EXPECT_FALSE(areAllUpToTheLast({4, 6}, open)) << "3 was not meant";
  EXPECT_FALSE(areAllUpToTheLast({3, 6}, open)) << "nor 4";
  EXPECT_FALSE(areAllUpToTheLast({3, 4, 5}, open)) << "6 may be handed out and not be known yet";
  EXPECT_FALSE(areAllUpToTheLast({}, open));
  EXPECT_FALSE(areAllUpToTheLast({3}, {}));
}

}  // namespace
}  // namespace lull::rabbit
