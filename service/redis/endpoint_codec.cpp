#include "endpoint_codec.hpp"

#include "packing.hpp"

#include <nlohmann/json.hpp>

namespace lull::redis {

namespace {

using Json = nlohmann::json;
constexpr char kVersion = 1;

template <class T>
Json orNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json secretsToJson(const SigningSecrets& secrets) {
  Json json{{"current", secrets.current}};
  if (!secrets.previous.empty()) json["previous"] = secrets.previous;
  if (secrets.previousUntil) json["previousUntil"] = millisOf(*secrets.previousUntil);
  return json;
}

SigningSecrets secretsFromJson(const Json& json) {
  SigningSecrets secrets;
  secrets.current = json.at("current").get<std::string>();
  secrets.previous = json.value("previous", "");
  if (json.contains("previousUntil")) secrets.previousUntil = instantOf(json.at("previousUntil").get<std::int64_t>());
  return secrets;
}

}  // namespace

std::string packEndpoint(const Endpoint& endpoint) {
  const auto& registration = endpoint.registration;
  Json headers = Json::array();
  for (const auto& [name, value] : registration.headers) headers.push_back({name, value});
  Json json{{"name", registration.name},
            {"url", registration.url},
            {"changeTypes", registration.changeTypes},
            {"headers", std::move(headers)},
            {"enabled", registration.enabled},
            {"maxConcurrency", orNull(registration.maxConcurrency)},
            {"secrets", secretsToJson(registration.secrets)},
            {"createdAt", millisOf(endpoint.createdAt)},
            {"updatedAt", millisOf(endpoint.updatedAt)}};
  if (registration.timeout) json["timeout"] = registration.timeout->count();
  if (registration.idField) json["idField"] = toString(*registration.idField);
  return kVersion + json.dump();
}

Endpoint readEndpoint(const EndpointId& id, std::string_view packed) {
  if (packed.empty() || packed.front() != kVersion)
    throw UnreadableValue("a stored registration has an unknown version");
  try {
    const auto json = Json::parse(packed.substr(1));
    Endpoint endpoint;
    endpoint.id = id;
    auto& registration = endpoint.registration;
    registration.name = json.at("name").get<std::string>();
    registration.url = json.at("url").get<std::string>();
    registration.changeTypes = json.at("changeTypes").get<std::uint32_t>();
    for (const auto& header : json.at("headers")) registration.headers.emplace_back(header.at(0), header.at(1));
    registration.enabled = json.at("enabled").get<bool>();
    if (json.contains("timeout")) registration.timeout = Millis{json.at("timeout").get<std::int64_t>()};
    if (!json.at("maxConcurrency").is_null())
      registration.maxConcurrency = json.at("maxConcurrency").get<std::uint32_t>();
    if (json.contains("idField")) registration.idField = parseIdField(json.at("idField").get<std::string>());
    registration.secrets = secretsFromJson(json.at("secrets"));
    endpoint.createdAt = instantOf(json.at("createdAt").get<std::int64_t>());
    endpoint.updatedAt = instantOf(json.at("updatedAt").get<std::int64_t>());
    return endpoint;
  } catch (const Json::exception&) {
    throw UnreadableValue("a stored registration cannot be read");
  }
}

}  // namespace lull::redis
