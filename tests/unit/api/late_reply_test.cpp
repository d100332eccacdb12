// What the pipeline does to an answer that comes later, whoever of the two ends is faster.
#include "late_reply.hpp"

#include <gmock/gmock.h>

#include <future>
#include <optional>
#include <thread>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// What a handler made; it keeps what it is given, as one that holds itself would.
class Inner final : public http::Waiting {
 public:
  void begin(std::function<void(http::Response)> answer) override { answerer = std::move(answer); }
  void gone() override { ++goneTimes; }

  std::function<void(http::Response)> answerer;
  int goneTimes = 0;
};

class LateReplyTest : public ::testing::Test {
 protected:
  std::shared_ptr<LateReply> make() {
    return std::make_shared<LateReply>(inner, LateReply::Headers{{"Vary", "Origin"}},
                                       [this](int status) { recorded.push_back(status); });
  }
  auto sender() {
    return [this](http::Response response) { sent.push_back(std::move(response)); };
  }

  std::shared_ptr<Inner> inner = std::make_shared<Inner>();
  std::vector<int> recorded;
  std::vector<http::Response> sent;
};

TEST_F(LateReplyTest, IsRecordedWhenItIsAnsweredAndHasTheHeadersOfEveryReply) {
  const auto reply = make();
  reply->begin(sender());
  EXPECT_TRUE(recorded.empty()) << "nothing has been answered yet";
  auto response = http::emptyResponse(204);
  response.headers.emplace_back("ETag", "1");
  inner->answerer(response);
  EXPECT_THAT(recorded, ElementsAre(204));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0].headers, ElementsAre(Pair("ETag", "1"), Pair("Vary", "Origin")));
}

TEST_F(LateReplyTest, CountsOnceHoweverOftenItEnds) {
  const auto reply = make();
  reply->begin(sender());
  inner->answerer(http::emptyResponse(200));
  inner->answerer(http::emptyResponse(500));
  reply->gone();
  EXPECT_THAT(recorded, ElementsAre(200));
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_EQ(inner->goneTimes, 0) << "it was answered";
}

TEST_F(LateReplyTest, IsRecordedAs499WhenTheClientHasGone) {
  const auto reply = make();
  reply->begin(sender());
  reply->gone();
  inner->answerer(http::emptyResponse(200));
  EXPECT_THAT(recorded, ElementsAre(kClientGone));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(inner->goneTimes, 1);
}

TEST_F(LateReplyTest, LetsGoOfWhatWaitedAlthoughThatHoldsIt) {
  for (const bool isAnswered : {true, false}) {
    inner = std::make_shared<Inner>();
    auto reply = make();
    reply->begin(sender());
    const auto kept = std::exchange(inner, nullptr);
    isAnswered ? kept->answerer(http::emptyResponse(200)) : reply->gone();
    EXPECT_EQ(kept.use_count(), 1);
    const std::weak_ptr<LateReply> weak = reply;
    reply = nullptr;
    kept->answerer = nullptr;
    EXPECT_TRUE(weak.expired());
  }
}

TEST_F(LateReplyTest, IsGoneOnlyWhenARecordThatIsBeingWrittenIsWritten) {
  std::promise<void> writing;
  std::promise<void> mayEnd;
  std::atomic<bool> written{false};
  const auto reply = std::make_shared<LateReply>(inner, LateReply::Headers{}, [&](int) {
    writing.set_value();
    mayEnd.get_future().wait();
    written = true;
  });
  reply->begin(sender());
  std::thread answering([&] { inner->answerer(http::emptyResponse(200)); });
  writing.get_future().wait();
  auto ended = std::async(std::launch::async, [&] {
    reply->gone();
    return written.load();
  });
  EXPECT_EQ(ended.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  mayEnd.set_value();
  EXPECT_TRUE(ended.get()) << "the pipeline, which writes it, may end after gone()";
  answering.join();
  EXPECT_EQ(inner->goneTimes, 0);
}

}  // namespace
}  // namespace lull::api::testing
