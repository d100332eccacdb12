#include <lull/net/destinations.hpp>
#include <lull/net/webhook_channel.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

namespace lull::net {

namespace {

class FixedClock final : public ports::Clock {
 public:
  Instant now() const override { return instantOf(1'614'265'330'000); }
  std::chrono::nanoseconds realTimeUntil(Instant /*at*/) const override { return std::chrono::hours(1); }
  void onJump(std::function<void()> /*listener*/) override {}
};

/// Answers from a table at once; keeps deferred tasks until the test runs them.
class FakeResolver final : public NameResolver {
 public:
  std::map<std::string, std::vector<std::string>> table;
  std::vector<std::function<void()>> deferred;

  void resolve(const std::string& name, Millis /*deadline*/, Callback done) override {
    Resolution answer;
    for (const auto& text : table[name]) answer.addresses.push_back(IpAddress::parse(text).value());
    if (answer.addresses.empty()) answer.error = "The name " + name + " does not exist.";
    done(std::move(answer));
  }
  void defer(std::function<void()> task) override { deferred.push_back(std::move(task)); }
  void stop() override { run(); }
  void run() {
    for (const auto& task : std::exchange(deferred, {})) task();
  }
};

class FakeTransport final : public ports::Transport {
 public:
  std::vector<ports::HttpRequest> posts;
  std::vector<Callback> waiting;

  void post(ports::HttpRequest request, Callback done) override {
    posts.push_back(std::move(request));
    waiting.push_back(std::move(done));
  }
  void answerLast(std::optional<int> status, ports::TransportFailure failure = ports::TransportFailure::None) {
    ports::HttpAnswer answer;
    answer.status = status;
    answer.failure = failure;
    answer.error = status ? "" : "It failed.";
    waiting.back()(answer);
  }
  void stop() override {
    ports::HttpAnswer answer;
    answer.failure = ports::TransportFailure::CutOff;
    for (const auto& done : std::exchange(waiting, {})) done(answer);
  }
};

/// Two hours behind the fleet's: a clock was set.
constexpr Instant kHostTime{Millis{1'614'258'130'000}};

struct Fixture : ::testing::Test {
  FixedClock clock;
  Catalogue catalogue{builtinChangeTypes()};
  formats::Formats formats{{}, {}, IdField::BaseId};
  AddressGuard guard = makeGuard();
  FakeTransport transport;
  FakeResolver resolver;
  WebhookChannel channel{{transport, resolver, guard, clock, catalogue, formats, [] { return kHostTime; }},
                         {"1", {StatusSet::parse("2xx").value(), {}, Millis{1000}}}};
  std::shared_ptr<Endpoint> endpoint = std::make_shared<Endpoint>();
  std::optional<AttemptResult> result;

  static AddressGuard makeGuard() {
    EgressRules rules;
    rules.allowedPorts = {{443, 443}};
    return AddressGuard::create(rules).value();
  }

  void SetUp() override {
    endpoint->registration.webhook().url = "https://hooks.example/in";
    endpoint->registration.webhook().secrets.current = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    resolver.table["hooks.example"] = {"8.8.8.8", "10.0.0.1", "9.9.9.9"};
  }

  void deliver(std::uint32_t attempts = 1, bool test = false) {
    ports::DeliveryRequest request;
    request.test = test;
    request.endpoint = endpoint;
    request.message.id = "msg_1";
    request.message.key = {1, ItemId(1)};
    request.message.attempts = attempts;
    request.timeout = Millis{15'000};
    channel.deliver(std::move(request), [this](AttemptResult answer) { result = std::move(answer); });
  }
  /// `body` is what the transport kept: nothing when the answer's did not come whole.
  void answer(int status, const std::optional<std::string>& body) {
    ports::HttpAnswer answer;
    answer.status = status;
    answer.excerpt = body.value_or("cut");
    answer.body = body;
    transport.waiting.back()(answer);
    ASSERT_TRUE(result.has_value());
  }
  void expectEndedWithoutPost(Outcome outcome) {
    EXPECT_FALSE(result.has_value()) << "answered on the caller's thread";
    resolver.run();
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->outcome, outcome) << result->sentence;
    EXPECT_NE(result->sentence, "");
    EXPECT_TRUE(transport.posts.empty());
  }
};
using WebhookChannelTest = Fixture;

TEST_F(WebhookChannelTest, SignsByTheHostsClockWhateverTheFleetsIs) {
  deliver();
  const auto& headers = transport.posts.front().headers;
  const auto found = std::ranges::find(headers, "webhook-timestamp", [](const auto& header) { return header.first; });
  ASSERT_NE(found, headers.end());
  EXPECT_EQ(found->second, "1614258130");
}

TEST_F(WebhookChannelTest, ComparesARetryAfterDateWithTheHostsClock) {
  deliver();
  ports::HttpAnswer answer;
  answer.status = 503;
  answer.retryAfter = "Thu, 25 Feb 2021 13:02:10 GMT";  // as kHostTime
  transport.waiting.back()(answer);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->retryAfter, Millis{0});
}

TEST_F(WebhookChannelTest, PostsToTheFirstAllowedAddress) {
  deliver();
  ASSERT_EQ(transport.posts.size(), 1U);
  const auto& post = transport.posts.front();
  EXPECT_EQ(post.addresses, (std::vector<std::string>{"8.8.8.8", "9.9.9.9"}));
  EXPECT_EQ(post.target.host, "hooks.example");
  EXPECT_EQ(post.target.pathAndQuery, "/in");
  EXPECT_LE(post.timeout, Millis{15'000});
  EXPECT_GT(post.timeout, Millis{14'000});
  EXPECT_EQ(post.body, R"({"ChangeType":1,"Data":{"ItemId":1,"BaseId":0}})");
  transport.answerLast(204);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome, Outcome::Delivered);
  EXPECT_EQ(result->code, 204);
}

TEST_F(WebhookChannelTest, LeavesTheAddressesToTheTransport) {
  deliver();
  transport.answerLast(std::nullopt, ports::TransportFailure::Connect);
  EXPECT_EQ(transport.posts.size(), 1U);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome, Outcome::Retryable);
}

TEST_F(WebhookChannelTest, ReleasesTheMessageWhenThisMachineIsExhausted) {
  deliver();
  transport.answerLast(std::nullopt, ports::TransportFailure::Exhausted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome, Outcome::Released);
}

TEST_F(WebhookChannelTest, SendsNothingTwiceThatMayHaveArrived) {
  deliver();
  transport.answerLast(std::nullopt, ports::TransportFailure::Reset);
  EXPECT_EQ(transport.posts.size(), 1U);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome, Outcome::Retryable);
}

TEST_F(WebhookChannelTest, RetriesBeginWithAnotherAddress) {
  deliver(2);
  EXPECT_EQ(transport.posts.at(0).addresses.front(), "9.9.9.9");
  deliver(3);
  EXPECT_EQ(transport.posts.at(1).addresses.front(), "8.8.8.8");
}

TEST_F(WebhookChannelTest, RefusesANameWithoutAnAllowedAddress) {
  resolver.table["hooks.example"] = {"10.0.0.1", "127.0.0.1"};
  deliver();
  expectEndedWithoutPost(Outcome::Held);
  EXPECT_NE(result->sentence.find("Egress:AllowedNetworks"), std::string::npos);
}

TEST_F(WebhookChannelTest, RefusesAPort) {
  endpoint->registration.webhook().url = "https://hooks.example:22/";
  deliver();
  expectEndedWithoutPost(Outcome::Held);
  EXPECT_NE(result->sentence.find("Egress:AllowedPorts"), std::string::npos);
}

TEST_F(WebhookChannelTest, RetriesANameThatDoesNotResolve) {
  resolver.table.clear();
  deliver();
  expectEndedWithoutPost(Outcome::Retryable);
  EXPECT_EQ(result->failure, FailureClass::Name);
}

TEST_F(WebhookChannelTest, GivesUpAMessageThatCannotBeSent) {
  endpoint->registration.webhook().headers = {{"X-Bad", "a\nb"}};
  deliver();
  expectEndedWithoutPost(Outcome::Permanent);
  EXPECT_EQ(result->failure, FailureClass::Local);
}

TEST_F(WebhookChannelTest, ReleasesWhatHasNotBegunOnceItStops) {
  channel.stopStarting();
  deliver();
  expectEndedWithoutPost(Outcome::Released);
}

TEST_F(WebhookChannelTest, LetsARunningAttemptEndAfterItStopped) {
  deliver();
  channel.stopStarting();
  transport.answerLast(200);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome, Outcome::Delivered);
}

TEST_F(WebhookChannelTest, AnswersAllThatItHoldsWhenItStops) {
  deliver();
  channel.stop();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome, Outcome::Retryable);
  EXPECT_TRUE(result->cutOff);
}

TEST_F(WebhookChannelTest, HidesTheValuesOfHeadersThatTheReceiverEchoes) {
  endpoint->registration.webhook().headers = {
      {"Authorization", "Bearer tok-12345"}, {"X-Long", "tok-12345-and-more"}, {"X-Short", "ok"}};
  deliver();
  ports::HttpAnswer answer;
  answer.status = 500;
  answer.excerpt = "ok: Bearer tok-12345, token tok-12345, tok-12345-and-more, Bearer tok-1";
  transport.waiting.back()(answer);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->responseExcerpt, "ok: Bearer ***, token ***, ***, Bearer ***");
}

struct AnswerRow {
  int status;
  std::optional<std::string> body;
  Outcome outcome;
  std::optional<ReceiverResult> result;
  std::string sentence;
};

TEST_F(WebhookChannelTest, ASuccessMeansWhatItsBodySaysWhereTheEndpointGivesResultsThere) {
  endpoint->registration.telling = {Delivery::Every, Order::Endpoint, OnFailure::Skip, Results::ByBody};
  using enum ReceiverResult;
  const std::vector<AnswerRow> rows{
      {204, "", Outcome::Delivered, Ok, ""},
      {200, R"({"result":"OK","message":"Indexed."})", Outcome::Delivered, Ok, "Indexed."},
      {200, R"({"result":"Error","message":"Locked."})", Outcome::Retryable, Error, "Locked."},
      {200, R"({"result":1})", Outcome::Retryable, Error, "The receiver answered Error."},
      {202, R"({"result":2})", Outcome::Retryable, ErrorAndSkip, "The receiver answered ErrorAndSkip."},
      {200, R"({"result":"SkipNow","message":"Later."})", Outcome::Retryable, SkipNow, "Later."},
      {200, R"({"result":"SkipNow"})", Outcome::Retryable, SkipNow, ""},
      // What is no success is judged by its status.
      {500, R"({"result":"OK"})", Outcome::Retryable, std::nullopt, "The receiver answered 500."},
      {410, R"({"result":"OK"})", Outcome::Held, std::nullopt, "The receiver answered 410."},
  };
  for (const auto& row : rows) {
    deliver();
    EXPECT_TRUE(transport.posts.back().wantsBody);
    answer(row.status, row.body);
    const auto about = std::to_string(row.status) + " " + *row.body;
    EXPECT_EQ(result->outcome, row.outcome) << about;
    EXPECT_EQ(result->code, row.status) << about;
    ASSERT_EQ(result->answer.has_value(), row.result.has_value()) << about;
    if (row.result) {
      EXPECT_EQ(result->answer->result, *row.result) << about;
    }
    EXPECT_EQ(result->sentence, row.sentence) << about;
    const bool keeps = row.outcome != Outcome::Delivered;
    EXPECT_EQ(result->responseExcerpt, keeps ? *row.body : "") << about << ": what a success says is not kept";
  }
}

TEST_F(WebhookChannelTest, ABodyThatGivesNoResultIsAnErrorThatSaysWhy) {
  endpoint->registration.telling = {Delivery::Every, Order::Endpoint, OnFailure::Skip, Results::ByBody};
  for (const auto& body : {std::optional<std::string>("done"), std::optional<std::string>()}) {
    deliver();
    answer(200, body);
    EXPECT_EQ(result->outcome, Outcome::Retryable);
    ASSERT_TRUE(result->answer);
    EXPECT_EQ(result->answer->result, ReceiverResult::Error);
    EXPECT_NE(result->sentence.find(body ? "must be empty, or JSON" : "broke off"), std::string::npos)
        << result->sentence;
  }
}

TEST_F(WebhookChannelTest, TheBodyOfASuccessMeansNothingWhereTheStatusGivesTheResult) {
  deliver();
  EXPECT_FALSE(transport.posts.back().wantsBody);
  answer(200, R"({"result":"Error"})");
  EXPECT_EQ(result->outcome, Outcome::Delivered);
  EXPECT_FALSE(result->answer);
  EXPECT_EQ(result->sentence, "");
}

TEST_F(WebhookChannelTest, ATestSendReadsTheResultToo) {
  endpoint->registration.telling.results = Results::ByBody;
  deliver(1, true);
  answer(200, R"({"result":"Error","message":"No such site."})");
  EXPECT_EQ(result->outcome, Outcome::Retryable);
  EXPECT_EQ(result->sentence, "No such site.");
}

TEST_F(WebhookChannelTest, HidesTheValuesOfHeadersInTheReceiversMessage) {
  endpoint->registration.telling.results = Results::ByBody;
  endpoint->registration.webhook().headers = {{"X-Key", "tok-12345"}};
  for (const std::string result_ : {"OK", "Error", "SkipNow"}) {
    deliver();
    answer(200, R"({"result":")" + result_ + R"(","message":"You sent tok-1\u00323\u00345."})");
    ASSERT_TRUE(result->answer);
    EXPECT_EQ(result->answer->message, "You sent ***.");
    EXPECT_EQ(result->sentence, "You sent ***.");
    EXPECT_EQ(result->responseExcerpt.find("tok-1"), std::string::npos);
  }
}

TEST_F(WebhookChannelTest, SendsNothingWithoutTheValuesThatTheStoreCouldNotOpen) {
  endpoint->unreadable = "Encryption:KeyFile does not hold the key.";
  deliver();
  expectEndedWithoutPost(Outcome::Retryable);
  EXPECT_EQ(result->sentence, endpoint->unreadable);
  EXPECT_EQ(result->failure, FailureClass::Local);
}

TEST_F(WebhookChannelTest, RendersForADeletedEndpoint) {
  Message message;
  message.key = {2, ItemId(5)};
  EXPECT_EQ(channel.render(nullptr, message), R"({"ChangeType":2,"Data":{"ItemId":5,"BaseId":0}})");
  endpoint->registration.idField = IdField::Specific;
  EXPECT_EQ(channel.render(endpoint.get(), message), R"({"ChangeType":2,"Data":{"ItemId":5,"MetafieldId":0}})");
}

TEST_F(WebhookChannelTest, WaitsUnchargedForAFormatThatTheSettingsLack) {
  for (const std::string format : {"Gone", "CloudEvents"}) {
    result.reset();
    endpoint->registration.format = format;
    deliver();
    expectEndedWithoutPost(Outcome::Retryable);
    EXPECT_TRUE(result->parks);
    EXPECT_EQ(result->retryAfter, Millis{60'000});
    EXPECT_NE(result->sentence.find(format), std::string::npos) << result->sentence;
    EXPECT_EQ(channel.render(endpoint.get(), {}), std::nullopt);
  }
}

using DestinationsTest = Fixture;

TEST_F(DestinationsTest, JudgesWhatAUrlLeadsTo) {
  Destinations destinations(resolver, guard);
  resolver.table["inside.example"] = {"10.0.0.1"};
  EXPECT_TRUE(destinations.judge("https://hooks.example/").ok());
  EXPECT_TRUE(destinations.judge("https://not-there-yet.example/").ok());
  EXPECT_TRUE(destinations.judge("https://unknown.example/").ok());
  const std::vector<std::pair<std::string, std::string>> refused{{"https://inside.example/", "Egress:AllowedNetworks"},
                                                                 {"https://hooks.example:22/", "Egress:AllowedPorts"},
                                                                 {"ftp://hooks.example/", "http://"}};
  for (const auto& [url, part] : refused) {
    const auto judged = destinations.judge(url);
    ASSERT_FALSE(judged.ok()) << url;
    EXPECT_EQ(judged.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(judged.error().fields.at(0).pointer, "/url");
    EXPECT_NE(judged.error().fields.at(0).detail.find(part), std::string::npos) << judged.error().fields.at(0).detail;
  }
}

}  // namespace

}  // namespace lull::net
