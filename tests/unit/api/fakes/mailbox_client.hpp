#pragma once

#include "client.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lull::api::testing {

/// Keys by their names: two clients of mailboxes, an operator, a viewer, a publisher.
inline ApiSettings withReceivers() {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  const auto key = [](const std::string& name, const std::string& role) {
    return auth::ApiKey{name, text::toHex(text::sha256(name)), {role}};
  };
  settings.auth.keys = {key("ada", "Integration_Events_Receive"), key("bob", "Integration_Events_Receive"),
                        key("ops", "Integration_Endpoints_CRUD"), key("viewer", "Integration_Endpoints_View"),
                        key("dam", "Integration_Events_Publish")};
  return settings;
}

enum class FaceKind { ClassicQuery, ClassicForm, Rest };

using Parameters = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// Percent-encodes everything but letters and digits.
inline std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out += c;
    } else {
      out += "%" + text::toHex(std::string_view(&c, 1));
    }
  }
  return out;
}

/// name=value&…, without those that are absent.
inline std::string joined(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (value) out += (out.empty() ? "" : "&") + name + "=" + encoded(*value);
  }
  return out;
}

/// A server with its thread for waiting calls.
class MailboxServer {
 public:
  explicit MailboxServer(ApiSettings settings = withReceivers()) : api(std::move(settings)) {}
  ~MailboxServer() {
    api.backend.polls.stop();
    thread_.join();
  }
  MailboxServer(const MailboxServer&) = delete;
  MailboxServer& operator=(const MailboxServer&) = delete;

  ApiFixture api;

 private:
  std::thread thread_{[this] { api.backend.polls.run(); }};
};

/// The calls of one face, as a client makes them.
class MailboxClient {
 public:
  MailboxClient(ApiFixture& api, FaceKind kind, std::string key) : api_(api), kind_(kind), key_(std::move(key)) {}

  bool isRest() const { return kind_ == FaceKind::Rest; }

  WireReply enrol(const std::string& name) {
    if (isRest()) return json("POST", "", Json{{"name", name}});
    return classic("POST", "Register", {{"subscriberName", name}});
  }
  std::string enrolled(const std::string& name) {
    const auto reply = enrol(name);
    EXPECT_LT(reply.status, 300) << reply.body;
    return idIn(reply);
  }
  std::string idIn(const WireReply& reply) const { return reply.json().at(isRest() ? "id" : "SubscriberId"); }

  WireReply subscribe(const std::string& id, const std::string& topic, std::optional<std::string> scope = {}) {
    if (isRest()) return rest("PUT", "/" + encoded(id) + "/subscriptions/" + encoded(topic), {{"scope", scope}});
    return classic("POST", "Subscribe", {{"subscriberId", id}, {"companyCode", scope}, {"topic", topic}});
  }
  WireReply unsubscribe(const std::string& id, const std::string& topic, std::optional<std::string> scope = {}) {
    if (isRest()) return rest("DELETE", "/" + encoded(id) + "/subscriptions/" + encoded(topic), {{"scope", scope}});
    const auto* method = kind_ == FaceKind::ClassicForm ? "DELETE" : "POST";
    return classic(method, "Unsubscribe", {{"subscriberId", id}, {"companyCode", scope}, {"topic", topic}});
  }
  /// The subscriptions as "topic/scope".
  std::vector<std::string> subscriptions(const std::string& id) {
    const auto reply =
        isRest() ? rest("GET", "/" + encoded(id), {}) : classic("GET", "ViewSubscriptions", {{"subscriberId", id}});
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto list = isRest() ? reply.json().at("subscriptions") : reply.json();
    std::vector<std::string> all;
    for (const auto& one : list) {
      const auto& scope = one.at(isRest() ? "scope" : "CompanyCode");
      all.push_back(one.at(isRest() ? "topic" : "Topic").get<std::string>() + "/" +
                    (scope.is_null() ? "any" : scope.get<std::string>()));
    }
    return all;
  }

  WireReply peek(const std::string& id, std::optional<std::string> wait = "0") {
    if (isRest()) return rest("GET", "/" + encoded(id) + "/messages", {{"wait", std::move(wait)}});
    return classic("GET", "Peek", {{"subscriberId", id}, {"timeout", std::move(wait)}});
  }
  /// The next message; "" when there is none.
  std::string nextIn(const WireReply& reply) const {
    if (reply.status == 204) return "";
    EXPECT_EQ(reply.status, 200) << reply.body;
    if (isRest()) return reply.json().at("next").at("id");
    const auto next = reply.json().at("NextMessageId");
    EXPECT_EQ(reply.json().contains("TimedOut"), next.is_null()) << reply.body;
    return next.is_null() ? "" : next.get<std::string>();
  }
  std::string next(const std::string& id) { return nextIn(peek(id)); }

  WireReply lock(const std::string& id, const std::string& message, std::optional<std::string> seconds = {}) {
    if (!isRest()) {
      return classic("POST", "Receive", {{"subscriberId", id}, {"messageId", message}, {"lockTimeout", seconds}});
    }
    const auto path = "/" + encoded(id) + "/messages/" + encoded(message) + "/lock";
    return seconds ? text("POST", path, R"({"seconds":)" + *seconds + "}") : rest("POST", path, {});
  }
  std::string lockIdIn(const WireReply& reply) const {
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.json().at(isRest() ? "lockId" : "LockId");
  }
  Json bodyIn(const WireReply& reply) const { return reply.json().at(isRest() ? "body" : "MessageBody"); }

  WireReply confirm(const std::string& id, const std::string& message, std::optional<std::string> lockId) {
    if (isRest())
      return rest("DELETE", "/" + encoded(id) + "/messages/" + encoded(message), {{"lockId", std::move(lockId)}});
    const auto* method = kind_ == FaceKind::ClassicForm ? "DELETE" : "POST";
    return classic(method, "Confirm", {{"subscriberId", id}, {"messageId", message}, {"lockId", std::move(lockId)}});
  }

  WireReply classic(const std::string& method, const std::string& call, const Parameters& parameters) {
    const auto path = "/Events/" + call;
    if (kind_ == FaceKind::ClassicForm && method != "GET") {
      return api_.request(method, path, joined(parameters),
                          {{"X-Api-Key", key_}, {"Content-Type", "application/x-www-form-urlencoded"}});
    }
    return api_.request(method, withQuery(path, parameters), "", {{"X-Api-Key", key_}});
  }
  WireReply rest(const std::string& method, const std::string& path, const Parameters& parameters) {
    return api_.request(method, withQuery("/api/v1/mailboxes" + path, parameters), "", {{"X-Api-Key", key_}});
  }
  WireReply text(const std::string& method, const std::string& path, const std::string& body) {
    return api_.send(method, "/api/v1/mailboxes" + path, body, {{"X-Api-Key", key_}});
  }
  WireReply json(const std::string& method, const std::string& path, const Json& body) {
    return text(method, path, body.dump());
  }

 private:
  static std::string withQuery(const std::string& path, const Parameters& parameters) {
    const auto query = joined(parameters);
    return query.empty() ? path : path + "?" + query;
  }

  ApiFixture& api_;
  const FaceKind kind_;
  const std::string key_;
};

/// An event of the change type AssetChanged.
inline Event assetCreated(const std::string& scope = "", std::string data = R"({"title":"Chair"})") {
  Event event;
  event.type = "AssetCreated";
  event.changeType = 1;
  event.itemId = event.baseId = ItemId(4711);
  event.scope = scope;
  event.data = std::move(data);
  return event;
}

/// An event of the change type MetafieldChanged.
inline Event metafieldChanged() {
  auto event = assetCreated();
  event.type = "MetafieldCreated";
  event.changeType = 2;
  return event;
}

}  // namespace lull::api::testing
