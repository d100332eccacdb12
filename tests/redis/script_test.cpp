#include "support/redis_server.hpp"

#include <lull/redis/script.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::redis {
namespace {

using lull::testing::RedisServer;
using ::testing::HasSubstr;

class ScriptTest : public ::testing::Test {
 protected:
  ScriptTest() { connection_ = Connection::open(server_.address(), Millis{5000}).value(); }

  Command push(std::string value) const {
    return scripts_["push"].call(std::vector<std::string>{"list"}, std::vector<std::string>{std::move(value)});
  }
  std::vector<std::string> list() const {
    std::vector<std::string> values;
    const auto reply = connection_->call({"LRANGE", "list", "0", "-1"});
    for (const auto& item : reply->items) values.push_back(item.text);
    return values;
  }

  RedisServer server_;
  ScriptSet scripts_{{Script::of("push", "return redis.call('RPUSH', KEYS[1], ARGV[1])"),
                      Script::of("push_twice", "return redis.call('RPUSH', KEYS[1], ARGV[1], ARGV[1])"),
                      Script::of("length", "return redis.call('LLEN', KEYS[1])")}};
  std::unique_ptr<Connection> connection_;
};

TEST_F(ScriptTest, RedisIsTaughtOnlyWhatIsCalled) {
  EXPECT_EQ(scripts_.run(*connection_, push("a"))->integer, 1);
  const auto known = connection_->call({"SCRIPT", "EXISTS", scripts_["push"].sha1, scripts_["push_twice"].sha1});
  EXPECT_EQ(known->items[0].integer, 1);
  EXPECT_EQ(known->items[1].integer, 0);
}

TEST_F(ScriptTest, AScriptThatDoesNotCompileIsADefectOfOurs) {
  const ScriptSet broken({Script::of("crooked", "return (")});
  const auto reply = broken.run(*connection_, broken["crooked"].call({}, std::span<const std::string>{}));
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(replyError(*reply).code, ErrorCode::Internal) << reply->text;
}

TEST_F(ScriptTest, AnUnknownScriptIsSentAgainWithItsTextWhichRedisKeeps) {
  EXPECT_EQ(scripts_.run(*connection_, push("a"))->integer, 1);
  EXPECT_EQ(connection_->call(push("b"))->integer, 2);
  EXPECT_THAT(list(), ::testing::ElementsAre("a", "b"));
}

TEST_F(ScriptTest, AScriptThatTheSetDoesNotHoldStaysUnknown) {
  const auto foreign = Script::of("foreign", "return 1");
  const auto reply = scripts_.run(*connection_, foreign.call({}, std::span<const std::string>{}));
  ASSERT_TRUE(reply.ok());
  EXPECT_THAT(reply->text, HasSubstr("NOSCRIPT"));
}

TEST_F(ScriptTest, OfSeveralInOneWriteEachHasItsOwnReplyAndTheUnknownOnesAreTaught) {
  EXPECT_EQ(scripts_.run(*connection_, push("a"))->integer, 1);
  const auto twice = scripts_["push_twice"].call(std::vector<std::string>{"list"}, std::vector<std::string>{"c"});
  const auto length = scripts_["length"].call(std::vector<std::string>{"list"}, std::vector<std::string>{});
  const auto wrong = scripts_["push"].call(std::vector<std::string>{"text"}, std::vector<std::string>{"x"});
  ASSERT_TRUE(connection_->call({"SET", "text", "not a list"}));
  const auto results = scripts_.run(*connection_, std::vector{twice, push("b"), wrong, length});
  ASSERT_EQ(results.size(), 4U);
  for (const auto& result : results) ASSERT_TRUE(result);
  EXPECT_EQ(results[1]->integer, 2);
  EXPECT_TRUE(results[2]->isError());
  EXPECT_EQ(results[0]->integer, 4) << "behind those that Redis knew";
  EXPECT_EQ(results[3]->integer, 4);
  EXPECT_THAT(list(), ::testing::ElementsAre("a", "b", "c", "c"));
}

TEST_F(ScriptTest, OfSeveralInOneWriteAllFailWhenTheConnectionIsLost) {
  server_.kill9();
  const auto results = scripts_.run(*connection_, std::vector{push("a"), push("b")});
  ASSERT_EQ(results.size(), 2U);
  for (const auto& result : results) EXPECT_EQ(result.error().code, ErrorCode::Unavailable);
}

TEST_F(ScriptTest, AnErrorOfTheScriptItselfIsNotSentAgain) {
  ASSERT_TRUE(connection_->call({"SET", "list", "not a list"}).ok());
  const auto reply = scripts_.run(*connection_, push("a"));
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->isError());
  EXPECT_THAT(reply->text, HasSubstr("WRONGTYPE"));
  EXPECT_EQ(replyError(*reply).code, ErrorCode::Internal);
}

TEST_F(ScriptTest, AFullRedisIsUnavailableAndSaysSo) {
  ASSERT_TRUE(connection_->call({"CONFIG", "SET", "maxmemory", "1"}).ok());
  const auto reply = scripts_.run(*connection_, push("a"));
  ASSERT_TRUE(reply.ok());
  ASSERT_TRUE(reply->isError());
  EXPECT_EQ(replyError(*reply).code, ErrorCode::Unavailable);
  EXPECT_THAT(replyError(*reply).message, HasSubstr("maxmemory"));
}

TEST(ReplyError, OfRedisMayPassAndOfOurScriptsDoesNot) {
  const auto codeOf = [](const std::string& text) {
    Reply reply;
    reply.kind = Reply::Kind::Error;
    reply.text = text;
    return replyError(reply).code;
  };
  for (const std::string text :
       {"ERR max number of clients reached", "ERR unknown command 'EVALSHA'", "MOVED 3999 127.0.0.1:6381",
        "ASK 3999 127.0.0.1:6381", "CROSSSLOT Keys in request don't hash to the same slot", "TRYAGAIN Multiple keys",
        "WRONGPASS invalid username-password pair", "UNKILLABLE", "EXECABORT Transaction discarded", "ANYTHING new"}) {
    EXPECT_EQ(codeOf(text), ErrorCode::Unavailable) << text;
  }
  for (const std::string text : {"LULLARG settle", "LULLTYPE {lull:00}:meta is a string, expected a hash",
                                 "WRONGTYPE Operation against a key holding the wrong kind of value script: f_1",
                                 "ERR user_script:3: attempt to index nil value script: f_1, on @user_script:3."}) {
    EXPECT_EQ(codeOf(text), ErrorCode::Internal) << text;
  }
}

TEST(ReplyError, UnderstandsHowRedis62WrapsTheErrorsOfScripts) {
  Reply reply;
  reply.kind = Reply::Kind::Error;
  reply.text = "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a replica.";
  EXPECT_EQ(replyError(reply).code, ErrorCode::Unavailable);
  EXPECT_THAT(replyError(reply).message, HasSubstr("primary"));
}

}  // namespace
}  // namespace lull::redis
