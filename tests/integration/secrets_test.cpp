#include "support/redis_server.hpp"

#include <lull/app/application.hpp>
#include <lull/config/load.hpp>
#include <lull/runtime/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

/// Secrets and header values in a service that ran: in Redis, in its files, in logs, in replies, in metrics.
namespace lull::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using lull::testing::RedisServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr auto kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr auto kOtherKey = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// Echoes all that it got, as careless receivers do; the path's number is the status.
class EchoingReceiver {
 public:
  EchoingReceiver() {
    server_.Post(R"(/(\d+))", [](const httplib::Request& request, httplib::Response& response) {
      std::string echo = request.body;
      for (const auto& [name, value] : request.headers) echo += "\n" + name + ": " + value;
      response.status = std::stoi(request.matches[1].str());
      response.set_content(echo, "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~EchoingReceiver() {
    server_.stop();
    thread_.join();
  }
  std::string url(int status) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + std::to_string(status);
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

class SecretsTest : public ::testing::Test {
 protected:
  SecretsTest() {
    std::string pattern = "/tmp/lull-secrets-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SecretsTest() override { fs::remove_all(directory_); }

  std::string keyFile(const std::string& text) const {
    std::ofstream(directory_ / "keys", std::ios::trunc) << text;
    return "--Encryption:KeyFile=" + (directory_ / "keys").string();
  }
  std::vector<std::string> external(const RedisServer& redis) const {
    return {"--Redis:ConnectionString=unix:" + redis.address().unixPath};
  }
  /// Development, because External without a key file is refused elsewhere.
  Result<std::unique_ptr<Application>> start(std::vector<std::string> arguments) const {
    for (const auto* more : {"--Urls=http://127.0.0.1:0", "--Debouncing:Interval=00:00:00",
                             "--Delivery:Retry:Schedule=00:00:00.1", "--Delivery:CircuitBreaker:Failures=0",
                             "--Egress:AllowedNetworks=127.0.0.0/8", "--Egress:AllowedPorts=1-65535"}) {
      arguments.emplace_back(more);
    }
    const auto loaded = config::load({arguments, {{"DOTNET_ENVIRONMENT", "Development"}}, directory_});
    if (!loaded) return loaded.error();
    return Application::start(loaded->settings);
  }
  std::unique_ptr<Application> mustStart(std::vector<std::string> arguments) const {
    auto started = start(std::move(arguments));
    if (!started) throw std::runtime_error(started.error().message);
    return std::move(started).value();
  }
  std::string refusal(std::vector<std::string> arguments) const {
    const auto started = start(std::move(arguments));
    EXPECT_FALSE(started.ok());
    return started ? "" : started.error().message;
  }

  fs::path directory_;
};

/// A client that remembers everything it was told, except where the contract says that a secret is told.
class Client {
 public:
  explicit Client(const Application& application) : http_(application.addresses().front().url()) {
    http_.set_tcp_nodelay(true);
  }

  Json send(const std::string& method, const std::string& path, const Json& body = nullptr,
            const httplib::Headers& headers = {}) {
    httplib::Request request;
    request.method = method;
    request.path = path.starts_with("/api") || path == "/metrics" ? path : "/api/v1" + path;
    request.headers = headers;
    if (!body.is_null()) {
      request.body = body.is_string() ? body.get<std::string>() : body.dump();
      request.set_header("Content-Type", "application/json");
    }
    const auto reply = http_.send(request);
    if (!reply) throw std::runtime_error("no reply to " + method + " " + path);
    status = reply->status;
    const bool mayTell = path.ends_with("/secret") || path.ends_with("/rotate");
    if (!mayTell) {
      heard += reply->body + "\n";
      for (const auto& [name, value] : reply->headers) heard += name + ": " + value + "\n";
    }
    return Json::parse(reply->body, nullptr, false);
  }

  int status = 0;
  std::string heard;

 private:
  httplib::Client http_;
};

struct Registered {
  std::vector<std::string> values;  // none of which may be seen
  std::string heard;
};

std::string secretOf(char fill) {
  return "whsec_" + std::string(32, fill);  // base64 of 24 bytes
}

/// Endpoints of every fate, changed, rotated, misused; events for all of them.
Registered liveThrough(const Application& application, const EchoingReceiver& receiver) {
  Client client(application);
  Registered all;
  const auto create = [&](const std::string& url, char mark) {
    const std::string token = std::string("token-of-") + mark + "-0123456789";
    const Json body{{"name", std::string("clear-name-") + mark},
                    {"url", url},
                    {"changeTypes", 1},
                    {"headers", {{"Authorization", "Bearer " + token}, {"X-Quoted", std::string("quoted-") + mark}}},
                    {"secret", secretOf(mark)}};
    const auto created = client.send("POST", "/endpoints", body, {{"Idempotency-Key", std::string("key-") + mark}});
    EXPECT_EQ(client.status, 201) << created;
    client.send("POST", "/endpoints", body, {{"Idempotency-Key", std::string("key-") + mark}});
    EXPECT_EQ(client.status, 201);
    all.values.insert(all.values.end(), {token, std::string("quoted-") + mark, secretOf(mark)});
    return "/endpoints/" + created.at("id").get<std::string>();
  };
  const auto good = create(receiver.url(200), 'a');
  const auto failing = create(receiver.url(500), 'b');
  create(receiver.url(400), 'c');
  create("http://127.0.0.1:1/closed", 'd');

  all.values.push_back(client.send("POST", good + "/secret/rotate").at("secret"));
  EXPECT_EQ(client.send("GET", good + "/secret").at("secret"), all.values.back());
  client.send("PATCH", good, {{"headers", {{"X-Later", "later-value"}}}});
  EXPECT_EQ(client.status, 200);
  all.values.emplace_back("later-value");
  for (const auto* call : {"", "/attempts", "/queue"}) client.send("GET", good + call);
  client.send("GET", "/endpoints");
  client.send("POST", failing + "/test");
  EXPECT_EQ(client.status, 200);

  // A refused value is not repeated in the error either.
  all.values.insert(all.values.end(), {"refused-value", "whsec_refused-secret"});
  client.send("PATCH", good, {{"url", "http://127.0.0.1:2/moved"}});
  EXPECT_EQ(client.status, 400) << "header values followed the URL to another origin";
  client.send("PATCH", good, {{"headers", {{"Host", "refused-value"}, {"X-Bad", "refused-value\n"}}}});
  EXPECT_EQ(client.status, 400);
  client.send("PATCH", good, {{"secret", "whsec_refused-secret"}});
  EXPECT_EQ(client.status, 400);
  client.send("PUT", good, R"({"headers": {"X": "refused-value)");
  EXPECT_EQ(client.status, 400);

  client.send("POST", "/events", Json::array({{{"type", "AssetCreated"}, {"itemId", 1}, {"baseId", 2}}}));
  EXPECT_EQ(client.status, 202);
  Json letters;
  EXPECT_TRUE(eventually([&] {
    letters = client.send("GET", "/dead-letters");
    return letters.at("total") == 3;
  })) << letters;
  for (const auto& letter : letters.at("items"))
    client.send("GET", "/dead-letters/" + letter.at("id").get<std::string>());
  const auto attempts = client.send("GET", failing + "/attempts");
  EXPECT_THAT(attempts.dump(), HasSubstr("Authorization: Bearer ***"))
      << "the receiver's echo is not in the excerpt at all";
  client.send("GET", "/metrics");
  client.send("GET", "/stats");
  all.heard = client.heard;
  return all;
}

/// Every byte that Redis holds and has written: all keys and values, the slow log, and its append-only files.
std::string everythingIn(const RedisServer& server) {
  auto redis = redis::Connection::open(server.address(), Millis{5000}).value();
  std::string text;
  const std::function<void(const redis::Reply&)> add = [&](const redis::Reply& reply) {
    text += reply.text + "\n";
    for (const auto& item : reply.items) add(item);
  };
  add(*redis->call({"SLOWLOG", "GET", "1000"}));
  const auto keys = redis->call({"KEYS", "*"}).value();
  for (const auto& key : keys.items) {
    text += key.text + "\n";
    const auto type = redis->call({"TYPE", key.text})->text;
    if (type == "string") add(*redis->call({"GET", key.text}));
    if (type == "hash") add(*redis->call({"HGETALL", key.text}));
    if (type == "zset") add(*redis->call({"ZRANGE", key.text, "0", "-1"}));
    if (type == "list") add(*redis->call({"LRANGE", key.text, "0", "-1"}));
    if (type == "set") add(*redis->call({"SMEMBERS", key.text}));
  }
  for (const auto& entry : fs::recursive_directory_iterator(server.directory())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  return text;
}

std::vector<std::string> seenIn(const std::string& text, const std::vector<std::string>& values) {
  std::vector<std::string> seen;
  for (const auto& value : values) {
    if (text.find(value) != std::string::npos) seen.push_back(value);
  }
  return seen;
}

TEST_F(SecretsTest, NoSecretOrHeaderValueIsInRedisLogsRepliesOrMetrics) {
  RedisServer redis({"--slowlog-log-slower-than", "0", "--slowlog-max-len", "100000"});
  const EchoingReceiver receiver;
  runtime::configureLogging({runtime::LogFormat::Json, {{"Default", runtime::LogLevel::Trace}}});
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  auto arguments = external(redis);
  arguments.push_back(keyFile(kKey));
  auto application = mustStart(arguments);
  const auto lived = liveThrough(*application, receiver);
  application->stop();
  runtime::flushLogs();
  const auto logs = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  runtime::configureLogging({});
  const auto stored = everythingIn(redis);

  EXPECT_THAT(stored, AllOf(HasSubstr("clear-name-a"), HasSubstr("X-Later"))) << "the scan sees nothing";
  EXPECT_THAT(lived.heard, AllOf(HasSubstr("clear-name-a"), HasSubstr("lull_attempts_total")));
  EXPECT_THAT(logs, HasSubstr("Lull."));
  EXPECT_THAT(seenIn(stored, lived.values), IsEmpty());
  EXPECT_THAT(seenIn(lived.heard, lived.values), IsEmpty());
  EXPECT_THAT(seenIn(logs, lived.values), IsEmpty());
}

TEST_F(SecretsTest, TheScanFindsWhatIsStoredWithoutAKeyFile) {
  RedisServer redis;
  const EchoingReceiver receiver;
  auto application = mustStart(external(redis));
  const auto lived = liveThrough(*application, receiver);
  application->stop();
  EXPECT_THAT(seenIn(everythingIn(redis), lived.values), Not(IsEmpty()));
}

TEST_F(SecretsTest, AKeyFileThatDoesNotOpenWhatIsStoredStopsTheStart) {
  RedisServer redis;
  const EchoingReceiver receiver;
  auto arguments = external(redis);
  arguments.push_back(keyFile(kKey));
  liveThrough(*mustStart(arguments), receiver);
  keyFile(kOtherKey);
  const auto refused = refusal(arguments);
  EXPECT_THAT(refused, AllOf(HasSubstr("Encryption:KeyFile does not open 4 of 4 registered endpoints"),
                             HasSubstr("'630dcd29'"), Not(HasSubstr(kKey)), Not(HasSubstr(kOtherKey))));
  EXPECT_THAT(refusal(external(redis)), HasSubstr("it is not set"));
  keyFile("not a key\n");
  EXPECT_THAT(refusal(arguments), AllOf(HasSubstr("line 1"), Not(HasSubstr("not a key"))));
  keyFile(kOtherKey + std::string("\n") + kKey);
  const auto rotated = mustStart(arguments);
  Client client(*rotated);
  const auto id = client.send("GET", "/endpoints").at("items").at(0).at("id").get<std::string>();
  client.send("GET", "/endpoints/" + id + "/secret");
  EXPECT_EQ(client.status, 200);
}

TEST_F(SecretsTest, ManagedModeKeepsItsKeyInTheDataDirectory) {
  const fs::path data = directory_ / "data";
  const std::vector<std::string> arguments{"--Redis:Mode=Managed", "--Redis:DataDirectory=" + data.string()};
  const EchoingReceiver receiver;
  const auto lived = liveThrough(*mustStart(arguments), receiver);
  struct stat facts {};
  ASSERT_EQ(::stat((data / "encryption.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  std::string written;
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    written.append(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_THAT(written, HasSubstr("clear-name-a"));
  EXPECT_THAT(seenIn(written, lived.values), IsEmpty());
  mustStart(arguments).reset();
  fs::remove(data / "encryption.key");
  EXPECT_THAT(refusal(arguments), HasSubstr("Encryption:KeyFile does not open 4 of 4"));
}

}  // namespace
}  // namespace lull::app
