#include "config_fixture.hpp"

#include <lull/config/key_info.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace lull::config {
namespace {

/// A good value other than the default, and one that must be refused (empty: any text is good), for every key.
struct Sample {
  std::string good;
  std::string bad;
};

const std::string kKeyHash(64, 'a');

std::map<std::string, Sample> samples(const std::string& file) {
  return {
      {"Urls", {"http://localhost:9090", "ftp://x"}},
      {"PathBase", {"/lull", "lull"}},
      {"AllowedHosts", {"lull.example.com", "lull.example.com:80"}},
      {"Cors:Origins", {"https://console.example.com", "https://console.example.com/x"}},
      {"Management:Urls", {"http://127.0.0.1:9091", "https://127.0.0.1:9091"}},
      {"Limits:MaxBodyBytes", {"2048", "1"}},
      {"Limits:InFlightBytes", {"2097152", "64mb"}},
      {"Limits:Endpoints", {"20", "0"}},
      {"Limits:RequestsPerSecond", {"100", "-1"}},
      {"Shutdown:Deadline", {"00:00:20", "-00:00:20"}},
      {"Redis:Mode", {"External", "Cluster"}},
      {"Redis:ConnectionString", {"cache:7000", "a:1,b:2"}},
      {"Redis:KeyPrefix", {"other", "{x}"}},
      {"Redis:DataDirectory", {"/var/lib/lull", ""}},
      {"Redis:AppendFsync", {"everysec", "sometimes"}},
      {"Redis:MaxMemory", {"512mb", "512 mb"}},
      {"Redis:AllowVolatile", {"true", "1"}},
      {"Startup:WaitForRedis", {"false", "1"}},
      {"Encryption:KeyFile", {file, file + ".missing"}},
      {"Debouncing:Interval", {"00:00:07", "7s"}},
      {"Debouncing:MaxWait", {"00:00:40", "00:00:01"}},
      {"Notifications:IdField", {"Specific", "Id"}},
      {"Events:IdempotencyWindow", {"02:00:00", "00:00:00"}},
      {"ChangeTypes:{i}:Name", {"PageChanged", "Page Changed"}},
      {"ChangeTypes:{i}:Value", {"4", "3"}},
      {"ChangeTypes:{i}:IdName", {"PageId", ""}},
      {"ChangeTypes:{i}:Events", {"PageMade,PageGone", "Page!"}},
      {"ChangeTypes:{i}:Events:{j}:Name", {"PageMoved", "Page!"}},
      {"ChangeTypes:{i}:Events:{j}:Operation", {"delete", "remove"}},
      {"ChangeTypes:{i}:Events:{j}:Resource", {"pages", ""}},
      {"ChangeTypes:{i}:Events:{j}:ResourceIdName", {"page_id", ""}},
      {"ChangeTypes:{i}:Resource", {"pages", ""}},
      {"ChangeTypes:{i}:ResourceIdName", {"page_id", ""}},
      {"Formats:{i}:Name", {"Own", "Own!"}},
      {"Formats:{i}:ContentType", {"application/x-own+json", "json"}},
      {"Formats:{i}:Body", {"[{}]", "[{itemId}]"}},
      {"FormatValues:{name}", {"any text", ""}},
      {"Delivery:Timeout", {"00:00:03", "00:03:00"}},
      {"Delivery:MaxConcurrency", {"32", "0"}},
      {"Delivery:MaxConcurrencyPerEndpoint", {"8", "1025"}},
      {"Delivery:Transport", {"CppRest", "Beast"}},
      {"Delivery:SuccessStatuses", {"200", "200,302"}},
      {"Delivery:PermanentStatuses", {"400,410", "40"}},
      {"Delivery:MaxAge", {"5.00:00:00", "00:00:00"}},
      {"Delivery:MaxQueued", {"5", "-1"}},
      {"Delivery:MaxQueuedBytes", {"4096", "1gb"}},
      {"Delivery:SyncDeadline", {"00:00:03", "00:02:01"}},
      {"Delivery:LeaseMargin", {"00:00:20", "00:00:00"}},
      {"Delivery:Retry:Schedule", {"00:00:01,00:00:03", "00:00:01,soon"}},
      {"Delivery:Retry:Jitter", {"0.5", "1.5"}},
      {"Delivery:Retry:MaxRetryAfter", {"00:10:00", "x"}},
      {"Delivery:CircuitBreaker:Failures", {"0", "-1"}},
      {"Delivery:CircuitBreaker:Probe", {"00:00:20", "00:00:00"}},
      {"Delivery:CircuitBreaker:MaxProbe", {"00:10:00", "00:00:01"}},
      {"DeadLetters:Retention", {"1.00:00:00", "00:00:00"}},
      {"DeadLetters:MaxPerEndpoint", {"10", "0"}},
      {"Replay:Retention", {"1.00:00:00", "00:00:00"}},
      {"Replay:MaxItems", {"10", "0"}},
      {"Mailboxes:MaxWaiting", {"50", "-1"}},
      {"Mailboxes:IdleExpiry", {"1.00:00:00", "00:00:00"}},
      {"Mailboxes:MaxReceives", {"5", "1001"}},
      {"Mailboxes:AllowPublish", {"true", "1"}},
      {"Mailboxes:PublishType:{topic}", {"AssetDeleted", "MetafieldCreated"}},
      {"Brokers:{i}:Name", {"fs", "f s"}},
      {"Brokers:{i}:Url",
       {"amqps:mq.example.org port:5671 vh:/no/uio/fs ex:ex_fs_messages", "amqp:mq.example.org:5672"}},
      {"Brokers:{i}:Protocol", {"Stomp", "OpenWire"}},
      {"Brokers:{i}:Username", {"lull", ""}},
      {"Brokers:{i}:Password", {"any text", ""}},
      {"Brokers:{i}:CaFile", {file, file + ".missing"}},
      {"Brokers:{i}:ClientCertificate", {file, file + ".missing"}},
      {"Sources:{i}:Name", {"crm", "c r m"}},
      {"Sources:{i}:Type", {"Outbox", "Kafka"}},
      {"Sources:{i}:ConnectionString", {"Driver={PostgreSQL Unicode}", "crm"}},
      {"Sources:{i}:Table", {"crm.outbox", "a.b.c.d"}},
      {"Sources:{i}:Columns", {"id=no,type=kind,itemId=item,baseId=base,error=why", "id=no"}},
      {"Sources:{i}:TakeSql", {"SELECT 1", ""}},
      {"Sources:{i}:Interval", {"00:00:30", "00:00:00"}},
      {"Sources:{i}:BatchSize", {"50", "1001"}},
      {"Sources:{i}:Broker", {"fs", ""}},
      {"Sources:{i}:Queue", {"changes", ""}},
      {"Sources:{i}:Prefetch", {"50", "1001"}},
      {"Sources:{i}:DeadLetterExchange", {"no-events", ""}},
      {"Egress:AllowedNetworks", {"10.0.0.0/8,::1/128", "10.1.0.0/8"}},
      {"Egress:AllowedHosts", {".svc.cluster.local,receiver", "10.0.0.1"}},
      {"Egress:AllowedPorts", {"443,3000-3999", "0"}},
      {"Egress:CaFile", {file, file + ".missing"}},
      {"Authentication:Mode", {"ApiKey", "Basic"}},
      {"Authentication:AllowAnonymous", {"true", "yes"}},
      {"Authentication:ApiKeys:{i}:Name", {"ci", ""}},
      {"Authentication:ApiKeys:{i}:Sha256", {kKeyHash, "abc"}},
      {"Authentication:ApiKeys:{i}:Roles", {"Integration_Endpoints_View", "Admin"}},
      {"Authentication:Jwt:Authority", {"https://id.example.com", "id.example.com"}},
      {"Authentication:Jwt:JwksUrl", {"https://id.example.com/jwks", "https://u:p@id.example.com"}},
      {"Authentication:Jwt:PublicKeyPath", {file, file + ".missing"}},
      {"Authentication:Jwt:Issuer", {"https://id.example.com", ""}},
      {"Authentication:Jwt:Audience", {"lull", ""}},
      {"Authentication:Jwt:RolesClaim", {"realm_access.roles", ""}},
      {"Authentication:Jwt:ClientId", {"lull-console", ""}},
      {"Authentication:Jwt:Scope", {"openid", ""}},
      {"Logging:LogLevel:Default", {"Debug", "Verbose"}},
      {"Logging:LogLevel:{category}", {"Trace", "Verbose"}},
      {"Logging:Format", {"Console", "Xml"}},
  };
}

const std::map<std::string, std::string> kType{
    {"ChangeTypes:0:Name", "N"}, {"ChangeTypes:0:Value", "1"}, {"ChangeTypes:0:IdName", "Id"}};

const std::map<std::string, std::string> kSource{
    {"Sources:0:Name", "crm"}, {"Sources:0:Type", "Outbox"}, {"Sources:0:ConnectionString", "Dsn=crm"}};

/// A whole change type with an event that is an object.
std::map<std::string, std::string> withEvent() {
  auto all = kType;
  all["ChangeTypes:0:Events:0:Name"] = "E";
  return all;
}

/// A source of RabbitMQ that lacks one of its keys.
std::map<std::string, std::string> queueWithout(const std::string& key) {
  std::map<std::string, std::string> all{
      {"Sources:0:Name", "crm"},  {"Sources:0:Type", "RabbitMq"},
      {"Sources:0:Broker", "fs"}, {"Sources:0:Queue", "changes"},
      {"Brokers:0:Name", "fs"},   {"Brokers:0:Url", "amqps://lull:secret@mq.example.org"}};
  all.erase(key);
  return all;
}

const std::string kBrokerUrl = "amqps://lull:secret@mq.example.org";

/// Keys whose samples need others to be there.
const std::map<std::string, std::map<std::string, std::string>> kCompanions{
    {"Redis:Mode", {{"Redis:ConnectionString", "cache"}}},
    {"Delivery:Transport", {{"Egress:AllowedNetworks", "10.0.0.0/8"}}},
    {"Authentication:Mode",
     {{"Authentication:ApiKeys:0:Name", "ci"},
      {"Authentication:ApiKeys:0:Sha256", std::string(64, 'b')},
      {"Authentication:ApiKeys:0:Roles", "Integration_Endpoints_CRUD"}}},
    {"Sources:{i}:Name", {{"Sources:0:Type", "Outbox"}, {"Sources:0:ConnectionString", "Dsn=crm"}}},
    {"Sources:{i}:Type", {{"Sources:0:Name", "crm"}, {"Sources:0:ConnectionString", "Dsn=crm"}}},
    {"Sources:{i}:ConnectionString", {{"Sources:0:Name", "crm"}, {"Sources:0:Type", "Outbox"}}},
    {"Sources:{i}:Table", kSource},
    {"Sources:{i}:Columns", kSource},
    {"Sources:{i}:TakeSql", kSource},
    {"Sources:{i}:Interval", kSource},
    {"Sources:{i}:BatchSize", kSource},
    {"Sources:{i}:Broker", queueWithout("Sources:0:Broker")},
    {"Sources:{i}:Queue", queueWithout("Sources:0:Queue")},
    {"Sources:{i}:Prefetch", queueWithout("")},
    {"Sources:{i}:DeadLetterExchange", queueWithout("")},
    {"Authentication:ApiKeys:{i}:Name",
     {{"Authentication:ApiKeys:0:Sha256", kKeyHash}, {"Authentication:ApiKeys:0:Roles", "Integration_Endpoints_CRUD"}}},
    {"Authentication:ApiKeys:{i}:Sha256",
     {{"Authentication:ApiKeys:0:Name", "ci"}, {"Authentication:ApiKeys:0:Roles", "Integration_Endpoints_CRUD"}}},
    {"Authentication:ApiKeys:{i}:Roles",
     {{"Authentication:ApiKeys:0:Name", "ci"}, {"Authentication:ApiKeys:0:Sha256", kKeyHash}}},
    {"ChangeTypes:{i}:Name",
     {{"ChangeTypes:0:Value", "1"}, {"ChangeTypes:0:IdName", "Id"}, {"ChangeTypes:0:Events", "E"}}},
    {"ChangeTypes:{i}:Value",
     {{"ChangeTypes:0:Name", "N"}, {"ChangeTypes:0:IdName", "Id"}, {"ChangeTypes:0:Events", "E"}}},
    {"ChangeTypes:{i}:IdName",
     {{"ChangeTypes:0:Name", "N"}, {"ChangeTypes:0:Value", "1"}, {"ChangeTypes:0:Events", "E"}}},
    {"ChangeTypes:{i}:Events:{j}:Name", kType},
    {"ChangeTypes:{i}:Events:{j}:Operation", withEvent()},
    {"ChangeTypes:{i}:Events:{j}:Resource", withEvent()},
    {"ChangeTypes:{i}:Events:{j}:ResourceIdName", withEvent()},
    {"ChangeTypes:{i}:Resource", withEvent()},
    {"ChangeTypes:{i}:ResourceIdName", withEvent()},
    {"Brokers:{i}:Name", {{"Brokers:0:Url", kBrokerUrl}}},
    {"Brokers:{i}:Url", {{"Brokers:0:Name", "fs"}, {"Brokers:0:Username", "lull"}, {"Brokers:0:Password", "any text"}}},
    {"Brokers:{i}:Protocol", {{"Brokers:0:Name", "fs"}, {"Brokers:0:Url", kBrokerUrl}}},
    {"Brokers:{i}:Username",
     {{"Brokers:0:Name", "fs"}, {"Brokers:0:Url", "amqps:mq.example.org"}, {"Brokers:0:Password", "any text"}}},
    {"Brokers:{i}:Password",
     {{"Brokers:0:Name", "fs"}, {"Brokers:0:Url", "amqps:mq.example.org"}, {"Brokers:0:Username", "lull"}}},
    {"Brokers:{i}:CaFile", {{"Brokers:0:Name", "fs"}, {"Brokers:0:Url", kBrokerUrl}}},
    {"Brokers:{i}:ClientCertificate", {{"Brokers:0:Name", "fs"}, {"Brokers:0:Url", kBrokerUrl}}},
    {"Formats:{i}:Name", {{"Formats:0:Body", "{}"}}},
    {"Formats:{i}:ContentType", {{"Formats:0:Name", "Own"}, {"Formats:0:Body", "{}"}}},
    {"Formats:{i}:Body", {{"Formats:0:Name", "Own"}}},
    {"ChangeTypes:{i}:Events",
     {{"ChangeTypes:0:Name", "N"}, {"ChangeTypes:0:Value", "1"}, {"ChangeTypes:0:IdName", "Id"}}},
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string concrete(const std::string& key) {
  const auto indexed = replaced(replaced(key, "{i}", "0"), "{j}", "0");
  return replaced(replaced(replaced(indexed, "{category}", "Lull.Api"), "{name}", "Source"), "{topic}", "AssetChanged");
}

class EveryKey : public ConfigTest {
 protected:
  void SetUp() override {
    samples_ = samples(write("some.pem", "x"));
    // An external Redis without a key file is only refused in Production.
    input_.environment["DOTNET_ENVIRONMENT"] = "Development";
  }

  void give(const std::string& key, const std::string& text, const std::string& layer) {
    if (layer == "file") {
      settingsFile("{\n  \"" + key + "\": \"" + text + "\"\n}");
    } else if (layer == "environment") {
      input_.environment[replaced(key, ":", "__")] = text;
    } else if (layer == "upper-case environment") {
      std::string name = replaced(key, ":", "__");
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
      input_.environment[name] = text;
    } else if (layer == "command line") {
      input_.arguments = {"--" + key + "=" + text};
    } else {
      write("secrets/" + replaced(key, ":", "__"), text + "\n");
      input_.arguments = {"--KeyPerFileDirectory=secrets"};
    }
  }

  void reset(const std::string& key) {
    std::filesystem::remove(directory_ / "appsettings.json");
    std::filesystem::remove_all(directory_ / "secrets");
    input_.arguments.clear();
    input_.environment = {{"DOTNET_ENVIRONMENT", "Development"}};
    if (const auto found = kCompanions.find(key); found != kCompanions.end()) {
      for (const auto& [other, text] : found->second) input_.environment[replaced(other, ":", "__")] = text;
    }
  }

  std::map<std::string, Sample> samples_;
};

const std::vector<std::string> kLayers{"file", "key per file", "environment", "upper-case environment", "command line"};

TEST_F(EveryKey, HasASample) {
  for (const KeyInfo& info : keyInfos()) EXPECT_TRUE(samples_.contains(info.key)) << info.key;
  EXPECT_EQ(samples_.size(), keyInfos().size());
}

TEST_F(EveryKey, IsTakenFromEveryLayerWithItsSource) {
  for (const KeyInfo& info : keyInfos()) {
    const std::string key = concrete(info.key);
    for (const std::string& layer : kLayers) {
      SCOPED_TRACE(key + " from " + layer);
      reset(info.key);
      give(key, samples_[info.key].good, layer);
      const LoadedSettings loaded = this->loaded();
      const bool upper = layer == "upper-case environment" && info.key.ends_with("{category}");
      const bool upperValue = layer == "upper-case environment" && info.key.ends_with("{name}");
      const bool upperTopic = layer == "upper-case environment" && info.key.ends_with("{topic}");
      const ConfigLine* line = lineOf(loaded, upper        ? "Logging:LogLevel:LULL.API"
                                              : upperValue ? "FormatValues:SOURCE"
                                              : upperTopic ? "Mailboxes:PublishType:ASSETCHANGED"
                                                           : key);
      ASSERT_NE(line, nullptr);
      if (!info.isSecret) {
        EXPECT_EQ(replaced(line->value, ";", ","), samples_[info.key].good);
      }
      const std::map<std::string, std::string> sources{
          {"file", "appsettings.json:2"},
          {"key per file", "secrets/"},
          {"environment", "environment variable " + replaced(key, ":", "__")},
          {"upper-case environment", "environment variable "},
          {"command line", "command line"}};
      EXPECT_NE(line->source.find(sources.at(layer)), std::string::npos) << line->source;
    }
  }
}

TEST_F(EveryKey, RefusesABadValueNamingKeyValueSourceAndWhatIsAllowed) {
  for (const KeyInfo& info : keyInfos()) {
    const std::string bad = samples_[info.key].bad;
    const bool anyTextIsGood = info.key == "Authentication:Jwt:Issuer" || info.key == "Authentication:Jwt:Audience" ||
                               info.key == "Authentication:Jwt:ClientId" || info.key == "Authentication:Jwt:Scope" ||
                               info.key == "FormatValues:{name}" || info.key == "Brokers:{i}:Username" ||
                               info.key == "Brokers:{i}:Password";
    if (anyTextIsGood) continue;
    const std::string key = concrete(info.key);
    for (const std::string& layer : kLayers) {
      if (layer == "upper-case environment") continue;
      SCOPED_TRACE(key + " from " + layer);
      reset(info.key);
      give(key, bad, layer);
      const std::string text = error();
      EXPECT_EQ(countOf(text, "error:"), 1U) << text;
      EXPECT_NE(text.find("error: " + key + " = "), std::string::npos) << text;
      EXPECT_NE(text.find("allowed: "), std::string::npos) << text;
      if (info.isSecret) {
        EXPECT_NE(text.find("\"***\""), std::string::npos) << text;
      }
      EXPECT_NE(text.find(layer == "file"           ? "appsettings.json:2)"
                          : layer == "key per file" ? "secrets/"
                                                    : layer),
                std::string::npos)
          << text;
    }
  }
}

TEST_F(EveryKey, IsDocumented) {
  std::ifstream file(LULL_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string begin = "<!-- config-table:begin -->\n";
  const auto start = text.str().find(begin);
  const auto end = text.str().find("<!-- config-table:end -->");
  ASSERT_TRUE(start != std::string::npos && end != std::string::npos) << "docs/configuration.md has no markers";
  EXPECT_EQ(text.str().substr(start + begin.size(), end - start - begin.size()), markdownTable());
}

}  // namespace
}  // namespace lull::config
