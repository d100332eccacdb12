// swagger.json against what is served: the same routes and roles, examples that are real replies, schemas that fit
// them.
#include "../../../service/api/handlers.hpp"
#include "../../../service/api/problem.hpp"
#include "../../../service/api/routes.hpp"
#include "fakes/mailbox_client.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <set>

namespace lull::api::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Json description() {
  std::ifstream file(std::string(LULL_SOURCE_DIR) + "/swagger/v1/swagger.json");
  return Json::parse(file);
}

const std::set<std::string> kMethods{"get", "put", "post", "patch", "delete"};

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

struct DescribedOperation {
  std::string path;
  std::string method;
  Json json;
};

/// By operationId.
std::map<std::string, DescribedOperation> operationsOf(const Json& swagger) {
  std::map<std::string, DescribedOperation> operations;
  for (const auto& [path, item] : swagger.at("paths").items()) {
    for (const auto& [method, json] : item.items()) {
      if (kMethods.contains(method)) operations[json.at("operationId")] = {path, upper(method), json};
    }
  }
  return operations;
}

TEST(Description, HasExactlyTheServedRoutesWithTheirRoles) {
  std::map<std::string, Json> described;
  for (const auto& [id, operation] : operationsOf(description())) {
    described[operation.method + " " + operation.path] = operation.json.at("x-roles");
  }
  std::map<std::string, Json> served;
  for (const auto& route : routeTable()) {
    auto& roles = served[std::string(route.method) + " " + std::string(route.pattern)] = Json::array();
    for (const auto role : auth::roleNames(route.access)) roles.push_back(role);
  }
  EXPECT_EQ(described, served);
}

TEST(Description, HasExactlyTheQueryParametersThatAreLetIn) {
  std::map<std::string, std::string> described;
  for (const auto& [id, operation] : operationsOf(description())) {
    auto& names = described[operation.method + " " + operation.path];
    for (const auto& parameter : operation.json.value("parameters", Json::array())) {
      if (parameter.at("in") != "query") continue;
      names += (names.empty() ? "" : " ") + parameter.at("name").get<std::string>();
    }
  }
  std::map<std::string, std::string> served;
  for (const auto& route : routeTable()) {
    served[std::string(route.method) + " " + std::string(route.pattern)] =
        route.query == kAnyQuery ? std::string_view() : route.query;
  }
  EXPECT_EQ(described, served);
}

TEST(Description, AndTheErrorTableKnowTheSameProblems) {
  // These can meet any request before its route is known, so the introduction tells of them and no operation does.
  const std::set<int> anywhere{405, 408, 414, 417, 421, 431, 505};
  std::set<int> table;
  for (const auto& row : problemTable()) {
    if (!anywhere.contains(row.status)) table.insert(row.status);
  }
  std::set<int> described;
  for (const auto& [id, operation] : operationsOf(description())) {
    for (const auto& [status, response] : operation.json.at("responses").items()) {
      if (response.contains("$ref")) described.insert(std::stoi(status));
    }
  }
  EXPECT_EQ(described, table);
}

TEST(Description, TellsOfEveryRefusalThatComesBeforeTheHandler) {
  for (const auto& [id, operation] : operationsOf(description())) {
    EXPECT_TRUE(operation.json.at("responses").contains("400")) << id << " may have a query that nobody knows";
    const bool anyRole = operation.json.at("x-roles").empty();
    const bool open = anyRole && !operation.path.starts_with("/api/v1/");
    for (const auto* status : {"401", "403", "429", "500"}) {
      if (open || (anyRole && status == std::string_view("403"))) continue;
      EXPECT_TRUE(operation.json.at("responses").contains(status)) << id << " says nothing of " << status;
    }
  }
}

TEST(Description, SaysHowManyTestSendsAndLookUpsMayRun) {
  const auto operations = operationsOf(description());
  const auto textOf = [&](const char* id) { return operations.at(id).json.at("description").get<std::string>(); };
  EXPECT_THAT(textOf("testEndpoint"), AllOf(HasSubstr("At most " + std::to_string(TestSendHandler::kMostOfEndpoint) +
                                                      " run at once to one endpoint"),
                                            HasSubstr("and " + std::to_string(TestSendHandler::kMost) + " in all"),
                                            HasSubstr("429 with Retry-After"), HasSubstr("15 s at most")));
  EXPECT_THAT(textOf("createEndpoint"), AllOf(HasSubstr("2 s at most"), HasSubstr("503 when 16 registrations wait")));
  for (const auto* id : {"putEndpoint", "patchEndpoint"}) {
    EXPECT_THAT(textOf(id), HasSubstr("503 when too many wait for name servers"));
  }
  EXPECT_THAT(textOf("getReady"), HasSubstr("503, with the reason in `detail`"));
  for (const auto* id : {"createEndpoint", "putEndpoint", "patchEndpoint", "getReady"}) {
    EXPECT_TRUE(operations.at(id).json.at("responses").contains("503")) << id;
  }
}

/// The words that a property of a schema may have; null counts as one.
std::set<std::string> wordsOf(const Json& swagger, const std::string& schema, const std::string& property) {
  std::set<std::string> words;
  const auto& described = swagger.at("components").at("schemas").at(schema).at("properties").at(property);
  for (const auto& word : described.at("enum")) words.insert(word.is_null() ? "null" : word.get<std::string>());
  return words;
}

/// What `toString` says of the values of an enumeration, from the first one to `last`; nothing is null there.
template <class Enum>
std::set<std::string> wordsUpTo(Enum last) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const auto word = std::string(toString(static_cast<Enum>(i)));
    words.insert(word.empty() ? "null" : word);
  }
  return words;
}

std::set<std::string> with(std::set<std::string> words, const std::string& one) {
  words.insert(one);
  return words;
}

TEST(Description, HasTheWordsForHowAnEndpointIsTold) {
  const auto swagger = description();
  const auto deliveries = wordsUpTo(Delivery::Sync);
  EXPECT_EQ(wordsOf(swagger, "Endpoint", "delivery"), deliveries);
  EXPECT_EQ(wordsOf(swagger, "Endpoint", "order"), wordsUpTo(Order::None));
  EXPECT_EQ(wordsOf(swagger, "Endpoint", "onFailure"), wordsUpTo(OnFailure::Stop));
  EXPECT_EQ(wordsOf(swagger, "Endpoint", "results"), wordsUpTo(Results::ByBody));
  for (const auto* schema : {"Registration", "RegistrationPatch"}) {
    EXPECT_EQ(wordsOf(swagger, schema, "delivery"), with(deliveries, "null")) << schema;
    EXPECT_EQ(wordsOf(swagger, schema, "order"), with(wordsUpTo(Order::None), "null")) << schema;
    EXPECT_EQ(wordsOf(swagger, schema, "onFailure"), with(wordsUpTo(OnFailure::Stop), "null")) << schema;
    EXPECT_EQ(wordsOf(swagger, schema, "results"), with(wordsUpTo(Results::ByBody), "null")) << schema;
  }
  EXPECT_EQ(wordsOf(swagger, "Endpoint", "pausedReason"), wordsUpTo(PausedReason::Blocked));
  for (const auto* schema : {"Attempt", "Call"})
    EXPECT_EQ(wordsOf(swagger, schema, "result"), with(wordsUpTo(ReceiverResult::SkipNow), "null")) << schema;
  std::set<std::string> outcomes(kOutcomeWords.begin(), kOutcomeWords.end());
  EXPECT_EQ(wordsOf(swagger, "Attempt", "outcome"), outcomes);
  outcomes.insert({std::string(synchronous::kSkipped), std::string(synchronous::kNoTime)});
  EXPECT_EQ(wordsOf(swagger, "Call", "outcome"), outcomes);
  EXPECT_EQ(wordsOf(swagger, "Event", "operation"), with(wordsUpTo(lull::Operation::Delete), "null"));
  EXPECT_EQ(wordsOf(swagger, "QueueItem", "state"),
            (std::set<std::string>{"waiting", "retrying", "inFlight", "behind", "setAside"}));
}

TEST(Description, HasTheWordsOfJobs) {
  const auto swagger = description();
  EXPECT_EQ(wordsOf(swagger, "JobOrder", "action"), wordsUpTo(ports::JobAction::Purge));
  for (const auto* schema : {"Job", "Replay"}) {
    EXPECT_EQ(wordsOf(swagger, schema, "action"), wordsUpTo(ports::JobAction::Replay)) << schema;
    EXPECT_EQ(wordsOf(swagger, schema, "state"), wordsUpTo(ports::JobState::Failed)) << schema;
  }
  const auto text = operationsOf(swagger).at("listDeadLetterGroups").json.at("description").get<std::string>();
  for (const auto& word : wordsUpTo(FailureClass::Local)) EXPECT_THAT(text, HasSubstr(word));
}

TEST(Description, SaysWhenAnEndpointsKindOrQueueCannotBeChanged) {
  const auto operations = operationsOf(description());
  for (const auto* id : {"putEndpoint", "patchEndpoint", "retryQueue"}) {
    const auto& json = operations.at(id).json;
    EXPECT_TRUE(json.at("responses").contains("409")) << id;
    EXPECT_THAT(json.at("description").get<std::string>(), HasSubstr("409 when")) << id;
  }
}

/// Notes where `value` has a member that its schema does not know, or lacks one that it requires.
void expectFits(const Json& swagger, Json schema, const Json& value, const std::string& where) {
  if (schema.contains("$ref")) schema = swagger.at(Json::json_pointer(schema.at("$ref").get<std::string>().substr(1)));
  // A reference that may be null is one of two: the reference, and null.
  if (schema.contains("oneOf")) schema = schema.at("oneOf").at(value.is_null() ? 1 : 0);
  if (schema.contains("$ref")) return expectFits(swagger, schema, value, where);
  if (value.is_null() && !schema.value("nullable", false)) ADD_FAILURE() << where << " is null";
  if (value.is_array()) {
    ASSERT_TRUE(schema.contains("items")) << where;
    for (const auto& item : value) expectFits(swagger, schema.at("items"), item, where + "[]");
  }
  if (!value.is_object() || !schema.contains("properties")) return;
  const auto& properties = schema.at("properties");
  for (const auto& [name, member] : value.items()) {
    ASSERT_TRUE(properties.contains(name)) << where << "/" << name << " is not described";
    expectFits(swagger, properties.at(name), member, where + "/" + name);
  }
  for (const auto& name : schema.value("required", Json::array())) {
    EXPECT_TRUE(value.contains(name.get<std::string>())) << where << " lacks " << name;
  }
}

class Examples : public ::testing::Test {
 protected:
  /// Sends the request of the operation's example and holds the reply against what is described for it.
  void expectReal(const std::string& id) {
    const auto& operation = operations.at(id);
    auto path = operation.path;
    const bool ofLetter = path.find("dead-letters") != std::string::npos;
    const bool ofJob = path.find("/jobs") != std::string::npos;
    const bool ofSource = path.find("/sources") != std::string::npos;
    const bool ofMailbox = path.find("/mailboxes/") != std::string::npos;
    for (const auto& [name, value] : {std::pair("{id}", ofJob       ? "job_1764192000000001"
                                                        : ofLetter  ? "dl_0001"
                                                        : ofMailbox ? kMailbox
                                                        : ofSource  ? "crm"
                                                                    : "ep_00000000000000000001"),
                                      {"{changeType}", "1"},
                                      {"{itemId}", "4711"},
                                      {"{topic}", "AssetChanged"},
                                      {"{messageId}", "msg_m1_1001"}}) {
      const auto brace = path.find(name);
      if (brace != std::string::npos) path.replace(brace, std::strlen(name), value);
    }
    if (ofMailbox || path.starts_with("/Events/")) path += queryOf(operation.json);

    std::string body;
    HeaderFields headers;
    if (operation.json.contains("requestBody")) {
      const auto& content = operation.json.at("requestBody").at("content");
      headers.emplace_back("Content-Type", content.begin().key());
      const bool isForm = content.begin().key() == "application/x-www-form-urlencoded";
      if (!isForm) body = content.begin().value().at("example").dump();
      if (isForm) headers.clear();
    }
    const auto reply = api.request(operation.method, path, body, headers);
    const auto& responses = operation.json.at("responses");
    ASSERT_TRUE(responses.contains(std::to_string(reply.status))) << id << ": " << reply.status << " " << reply.body;
    ASSERT_LT(reply.status, 300) << id << ": " << reply.body;
    if (reply.status == 204) return;
    const auto& described = responses.at(std::to_string(reply.status)).at("content").at("application/json");
    EXPECT_EQ(described.value("example", Json()), reply.json()) << "EXAMPLE " << id << " " << reply.body;
    expectFits(swagger, described.at("schema"), reply.json(), id);
  }

  static constexpr const char* kMailbox = "ep_000000000000000000m1";

  /// The query of the examples of its parameters.
  static std::string queryOf(const Json& operation) {
    std::string query;
    for (const auto& parameter : operation.value("parameters", Json::array())) {
      if (parameter.at("in") != "query" || !parameter.contains("example")) continue;
      const auto& value = parameter.at("example");
      query += (query.empty() ? "?" : "&") + parameter.at("name").get<std::string>() + "=" +
               (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return query;
  }

  static ApiSettings withPublish() {
    ApiSettings settings;
    settings.mailboxes.allowPublish = true;
    return settings;
  }

  ApiFixture api{withPublish()};
  const Json swagger = description();
  const std::map<std::string, DescribedOperation> operations = operationsOf(swagger);
};

TEST_F(Examples, AreRealReplies) {
  const std::vector<std::string> inThisOrder{"createEndpoint",
                                             "listEndpoints",
                                             "getEndpoint",
                                             "putEndpoint",
                                             "patchEndpoint",
                                             "testEndpoint",
                                             "listAttempts",
                                             "listQueue",
                                             "retryQueue",
                                             "purgeQueue",
                                             "startReplay",
                                             "getSecret",
                                             "rotateSecret",
                                             "publishEvents",
                                             "explainEvent",
                                             "listChangeTypes",
                                             "listFormats",
                                             "listWindows",
                                             "flushWindows",
                                             "listDeadLetters",
                                             "getDeadLetter",
                                             "listDeadLetterGroups",
                                             "startJob",
                                             "listJobs",
                                             "getJob",
                                             "cancelJob",
                                             "retryDeadLetters",
                                             "purgeDeadLetters",
                                             "retryDeadLetter",
                                             "deleteDeadLetter",
                                             "getStats",
                                             "getOverview",
                                             "listLiveAttempts",
                                             "listSettings",
                                             "listAlerts",
                                             "listSources",
                                             "runSource",
                                             "listBrokers",
                                             "getMe",
                                             "getItem",
                                             "getHistory",
                                             "deleteEndpoint",
                                             "classicPublish",
                                             "classicPutPublish",
                                             "getLive"};
  for (const auto& id : inThisOrder) expectReal(id);

  std::set<std::string> left;
  const std::vector<std::string> ofMailboxes{"registerMailbox",
                                             "subscribeMailbox",
                                             "getMailbox",
                                             "(arrives)",
                                             "peekMailbox",
                                             "lockMessage",
                                             "confirmMessage",
                                             "(arrives)",
                                             "classicRegister",
                                             "classicSubscribe",
                                             "classicViewSubscriptions",
                                             "classicViewTopics",
                                             "classicPeek",
                                             "classicReceive",
                                             "classicConfirm",
                                             "(arrives)",
                                             "(locked)",
                                             "classicDeleteMessage",
                                             "classicUnsubscribe",
                                             "classicDeleteSubscription",
                                             "unsubscribeMailbox",
                                             "deleteMailbox"};
  for (const auto& id : ofMailboxes) {
    if (id == "(arrives)") {
      api.backend.mailboxes.arrive(assetCreated("AA"));
    } else if (id == "(locked)") {
      ASSERT_TRUE(api.backend.mailboxes.lock(kMailbox, std::nullopt, "msg_m1_1003", Millis{30'000}));
    } else {
      expectReal(id);
    }
  }
  for (const auto& [id, operation] : operations) {
    const bool isPage = !operation.path.starts_with("/api/") && !operation.path.starts_with("/healthz");
    if (!isPage || operation.path.starts_with("/Events/")) left.insert(id);
  }
  for (const auto& id : inThisOrder) left.erase(id);
  for (const auto& id : ofMailboxes) left.erase(id);
  EXPECT_EQ(left, std::set<std::string>{"getReady"}) << "which depends on time; management_test.cpp has it";
}

TEST_F(Examples, OfNdjsonAreTaken) {
  const auto& content = operations.at("publishEvents").json.at("requestBody").at("content");
  const auto body = content.at("application/x-ndjson").at("example").get<std::string>();
  EXPECT_EQ(api.request("POST", "/api/v1/events", body, {{"Content-Type", "application/x-ndjson"}}).status, 202);
}

TEST_F(Examples, OfCloudEventsAreTakenAndFitTheirSchemas) {
  const auto& content = operations.at("publishEvents").json.at("requestBody").at("content");
  for (const std::string type : {"application/cloudevents+json", "application/cloudevents-batch+json"}) {
    const auto& described = content.at(type);
    const auto reply = api.request("POST", "/api/v1/events", described.at("example").dump(), {{"Content-Type", type}});
    EXPECT_EQ(reply.status, 202) << type << ": " << reply.body;
    expectFits(swagger, described.at("schema"), described.at("example"), type);
  }
}

TEST_F(Examples, HaveNoReferenceThatLeadsNowhere) {
  const auto text = swagger.dump();
  const std::string mark = R"("$ref":"#)";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto from = at + mark.size();
    const auto pointer = text.substr(from, text.find('"', from) - from);
    EXPECT_TRUE(swagger.contains(Json::json_pointer(pointer))) << pointer;
  }
}

}  // namespace
}  // namespace lull::api::testing
