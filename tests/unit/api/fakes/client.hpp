#pragma once

#include "../../http/fakes/raw_connection.hpp"
#include "backend.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lull::api::testing {

using http::testing::HeaderFields;
using http::testing::Json;
using http::testing::RawConnection;
using http::testing::requestText;
using http::testing::WireReply;

inline const std::vector<ShownSetting> kShown{
    {"Redis:ConnectionString", "redis.internal:6379,password=***", "environment variable Redis__ConnectionString"},
    {"Delivery:Timeout", "00:00:20", "command line"}};

/// A running server over fakes, and requests to it, each on a connection of its own.
class ApiFixture {
 public:
  explicit ApiFixture(ApiSettings settings = {}, auth::KeySets* keySets = nullptr, auth::SignIn* signIn = nullptr) {
    backend.keySets = keySets;
    backend.signIn = signIn;
    if (settings.listen.empty()) settings.listen = {{"127.0.0.1", 0}};
    settings.version = "0.1.0";
    if (settings.shown.empty()) settings.shown = kShown;
    server = std::make_unique<ApiServer>(std::move(settings), backend.dependencies());
    auto started = server->start();
    if (started) {
      bound = *started;
    } else {
      ADD_FAILURE() << started.error().message;
    }
  }

  WireReply request(const std::string& method, const std::string& path, const std::string& body = "",
                    HeaderFields headers = {}) {
    RawConnection connection(port());
    headers.emplace_back("Connection", "close");
    connection.send(requestText(method, path, body, headers));
    return connection.readReply(method == "HEAD");
  }
  WireReply get(const std::string& path, HeaderFields headers = {}) {
    return request("GET", path, "", std::move(headers));
  }
  /// With Content-Type: application/json.
  WireReply post(const std::string& path, const std::string& body, HeaderFields headers = {}) {
    return send("POST", path, body, std::move(headers));
  }
  WireReply send(const std::string& method, const std::string& path, const std::string& body,
                 HeaderFields headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return request(method, path, body, std::move(headers));
  }

  /// Registers an endpoint with custom headers, and with the members `more`, and returns its id.
  std::string registerEndpoint(const std::string& more = "") {
    std::string body = kRegistration;
    if (!more.empty()) body.replace(body.size() - 1, 1, "," + more + "}");
    const auto reply = post("/api/v1/endpoints", body);
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.json().at("id");
  }

  static constexpr const char* kRegistration =
      R"({"name":"Catalogue sync","url":"https://hooks.example.com/lull","changeTypes":3,)"
      R"("headers":{"Authorization":"Bearer s3cret","X-Tenant":"north"}})";

  std::uint16_t port() const { return bound.at(0).port; }

  Backend backend;
  std::vector<BoundAddress> bound;
  std::unique_ptr<ApiServer> server;  // after the backend: it is stopped first
};

/// The pointers of a problem's errors.
inline std::vector<std::string> pointersOf(const WireReply& reply) {
  std::vector<std::string> pointers;
  const auto json = reply.json();
  for (const auto& error : json.value("errors", Json::array())) pointers.push_back(error.at("pointer"));
  return pointers;
}

}  // namespace lull::api::testing
