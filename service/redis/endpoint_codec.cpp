#include "endpoint_codec.hpp"

#include "facts.hpp"
#include "packing.hpp"

#include <lull/text/random.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <utility>

namespace lull::redis {

namespace {

using Json = nlohmann::json;
constexpr std::uint8_t kVersion = 4;
// Behind the values of Delivery: every event, into a mailbox.
constexpr std::uint8_t kIntoMailbox = 1 + static_cast<std::uint8_t>(Delivery::Sync);

// nlohmann would convert a fraction, or a number that does not fit, without a word.
template <class Integer>
Integer integerAt(const Json& json, const char* name) {
  const auto& value = json.at(name);
  const bool fits = value.is_number_integer() && std::in_range<Integer>(value.get<std::int64_t>()) &&
                    !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
  if (!fits) throw UnreadableValue(std::string("a stored registration has a wrong ") + name);
  return value.get<Integer>();
}

/// A byte of the head: one of the values of an enum that ends with `last`.
template <class Enum>
Enum kindByte(ByteReader& reader, Enum last) {
  const auto value = reader.u8();
  if (value > static_cast<std::uint8_t>(last)) throw UnreadableValue("a stored registration is told in an unknown way");
  return static_cast<Enum>(value);
}

template <class T>
Json orNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// The names of the fields, which are authenticated with the sealed values: renaming one makes all its stored values
// unreadable.
constexpr std::string_view kCurrentSecret = "secret.current";

std::string headerField(const std::string& name) {
  return "header." + name;
}

// The end of a retired secret is part of the field, so that a person who can write to Redis cannot let it sign for
// longer.
std::string retiredField(Instant until) {
  return "secret.retired." + std::to_string(millisOf(until));
}

/// Seals the values of one endpoint.
class Writer {
 public:
  Writer(const Endpoint& endpoint, const Sealer& sealer) : endpoint_(endpoint), sealer_(sealer) {}

  Json operator()(std::string_view field, const std::string& value) const {
    if (!sealer_.seals()) return value;
    auto sealed = sealer_.seal(value, {endpoint_.id, field, endpoint_.registration.webhook().url});
    return {{"key", std::move(sealed.keyId)}, {"sealed", std::move(sealed.text)}};
  }

 private:
  const Endpoint& endpoint_;
  const Sealer& sealer_;
};

/// Opens the values of one endpoint. A value that was stored before there was a key is read as it is. The first failure
/// is noted in the endpoint.
class Opener {
 public:
  Opener(Endpoint& endpoint, const Sealer& sealer) : endpoint_(endpoint), sealer_(sealer) {}

  std::string operator()(std::string_view field, const Json& stored) {
    if (stored.is_string()) return stored.get<std::string>();
    auto value = sealer_.open({stored.at("key").get<std::string>(), stored.at("sealed").get<std::string>()},
                              {endpoint_.id, field, endpoint_.registration.webhook().url});
    if (value) return *std::move(value);
    if (endpoint_.unreadable.empty()) endpoint_.unreadable = value.error().message;
    return {};
  }

 private:
  Endpoint& endpoint_;
  const Sealer& sealer_;
};

Json secretsToJson(const SigningSecrets& secrets, const Writer& sealed) {
  Json retired = Json::array();
  for (const auto& [secret, until] : secrets.retired) {
    retired.push_back({{"until", millisOf(until)}, {"secret", sealed(retiredField(until), secret)}});
  }
  return {{"current", sealed(kCurrentSecret, secrets.current)}, {"retired", std::move(retired)}};
}

SigningSecrets secretsFromJson(const Json& json, Opener& opened) {
  SigningSecrets secrets;
  secrets.current = opened(kCurrentSecret, json.at("current"));
  for (const auto& one : json.at("retired")) {
    const auto until = instantOf(integerAt<std::int64_t>(one, "until"));
    secrets.retired.push_back({opened(retiredField(until), one.at("secret")), until});
  }
  return secrets;
}

Json webhookToJson(const Webhook& webhook, const Writer& sealed) {
  Json headers = Json::array();
  for (const auto& [name, value] : webhook.headers) headers.push_back({name, sealed(headerField(name), value)});
  return {{"url", webhook.url}, {"headers", std::move(headers)}, {"secrets", secretsToJson(webhook.secrets, sealed)}};
}

// The URL comes first: what is sealed is bound to it.
void readWebhook(const Json& json, Endpoint& endpoint, const Sealer& sealer) {
  auto& webhook = endpoint.registration.target.emplace<Webhook>();
  webhook.url = json.at("url").get<std::string>();
  Opener opened(endpoint, sealer);
  for (const auto& header : json.at("headers")) {
    auto name = header.at(0).get<std::string>();
    auto value = opened(headerField(name), header.at(1));
    webhook.headers.emplace_back(std::move(name), std::move(value));
  }
  webhook.secrets = secretsFromJson(json.at("secrets"), opened);
}

Json rabbitToJson(const RabbitTarget& target) {
  return {{"broker", target.broker},
          {"exchange", target.exchange},
          {"routingKey", target.routingKey},
          {"queue", target.queue},
          {"declare", target.declare}};
}

RabbitTarget rabbitFromJson(const Json& json) {
  return {json.at("broker").get<std::string>(), json.at("exchange").get<std::string>(),
          json.at("routingKey").get<std::string>(), json.at("queue").get<std::string>(),
          json.at("declare").get<bool>()};
}

// The part of the head that a mailbox has instead of a filter (lib/registration.lua). Scripts add what it takes.
std::string mailboxPart(const Endpoint& endpoint) {
  return ByteWriter{}.text16(endpoint.owner).u8(1).take();
}

// The byte that says how the endpoint is told. Returns whether it is a mailbox.
bool readDelivery(ByteReader& reader, Telling& telling) {
  const auto value = reader.u8();
  if (value > kIntoMailbox) throw UnreadableValue("a stored registration is told in an unknown way");
  telling.delivery = value == kIntoMailbox ? Delivery::Every : static_cast<Delivery>(value);
  return value == kIntoMailbox;
}

// The part that only this kind of endpoint has, under the name of the kind.
void readTarget(const Json& json, Endpoint& endpoint, const Sealer& sealer) {
  const auto kind = parseChannelKind(json.at("channel").get<std::string>());
  if (!kind) throw UnreadableValue("a stored registration is of a kind that this version does not know");
  const std::string part(toString(*kind));
  switch (*kind) {
    case ChannelKind::Webhook:
      return readWebhook(json.at(part), endpoint, sealer);
    case ChannelKind::Mailbox:
      endpoint.registration.target.emplace<Mailbox>();
      return;
    case ChannelKind::RabbitMq:
      endpoint.registration.target = rabbitFromJson(json.at(part));
  }
}

}  // namespace

std::string packEndpoint(const Endpoint& endpoint, const Sealer& sealer) {
  const auto& registration = endpoint.registration;
  const Writer sealed(endpoint, sealer);
  const std::string channel(toString(registration.channel()));
  Json json{{"name", registration.name},
            {"channel", channel},
            {"maxConcurrency", orNull(registration.maxConcurrency)},
            {"createdAt", millisOf(endpoint.createdAt)},
            {"updatedAt", millisOf(endpoint.updatedAt)}};
  switch (registration.channel()) {
    case ChannelKind::Webhook:
      json[channel] = webhookToJson(registration.webhook(), sealed);
      break;
    case ChannelKind::Mailbox:
      break;
    case ChannelKind::RabbitMq:
      json[channel] = rabbitToJson(std::get<RabbitTarget>(registration.target));
  }
  if (!endpoint.owner.empty()) json["owner"] = endpoint.owner;
  if (registration.timeout) json["timeout"] = registration.timeout->count();
  if (registration.idField) json["idField"] = toString(*registration.idField);
  if (registration.format) json["format"] = *registration.format;
  const auto& telling = registration.telling;
  json["results"] = toString(telling.results);
  if (telling.position != 0) json["position"] = telling.position;
  // The head is what scripts read (lib/registration.lua).
  const auto enabled = static_cast<std::uint8_t>(registration.enabled);
  return ByteWriter{}
             .u8(kVersion)
             .u32(registration.changeTypes)
             .u8(enabled)
             .u8(registration.isMailbox() ? kIntoMailbox : static_cast<std::uint8_t>(telling.delivery))
             .u8(static_cast<std::uint8_t>(telling.order))
             .u8(static_cast<std::uint8_t>(telling.onFailure))
             .u16(static_cast<std::uint16_t>(registration.rateLimit.value_or(0)))
             .text16(registration.isMailbox() ? mailboxPart(endpoint) : packFilter(registration.filter))
             .take() +
         json.dump();
}

Endpoint readEndpoint(const EndpointId& id, std::string_view packed, const Sealer& sealer) {
  ByteReader reader(packed);
  if (packed.empty() || reader.u8() != kVersion) throw UnreadableValue("a stored registration has an unknown version");
  Endpoint endpoint;
  endpoint.id = id;
  auto& registration = endpoint.registration;
  registration.changeTypes = reader.u32();
  const auto enabled = reader.u8();
  if (enabled > 1) throw UnreadableValue("a stored registration is neither enabled nor disabled");
  registration.enabled = enabled == 1;
  const bool isMailbox = readDelivery(reader, registration.telling);
  registration.telling.order = kindByte(reader, Order::None);
  registration.telling.onFailure = kindByte(reader, OnFailure::Stop);
  if (const auto rate = reader.u16(); rate > 0) registration.rateLimit = rate;
  const auto part = reader.text16();
  if (!isMailbox) registration.filter = readFilter(part);
  try {
    const auto json = Json::parse(reader.rest());
    registration.name = json.at("name").get<std::string>();
    if (json.contains("owner")) endpoint.owner = json.at("owner").get<std::string>();
    if (json.contains("timeout")) registration.timeout = Millis{integerAt<std::int64_t>(json, "timeout")};
    if (!json.at("maxConcurrency").is_null())
      registration.maxConcurrency = integerAt<std::uint32_t>(json, "maxConcurrency");
    if (json.contains("idField")) registration.idField = parseIdField(json.at("idField").get<std::string>());
    if (json.contains("format")) registration.format = json.at("format").get<std::string>();
    const auto results = parseResults(json.at("results").get<std::string>());
    if (!results) throw UnreadableValue("a stored registration has wrong results");
    registration.telling.results = *results;
    if (json.contains("position")) registration.telling.position = integerAt<std::uint32_t>(json, "position");
    endpoint.createdAt = instantOf(integerAt<std::int64_t>(json, "createdAt"));
    endpoint.updatedAt = instantOf(integerAt<std::int64_t>(json, "updatedAt"));
    readTarget(json, endpoint, sealer);
    if (registration.isMailbox() != isMailbox) throw UnreadableValue("a stored registration is of two kinds");
    return endpoint;
  } catch (const Json::exception&) {
    throw UnreadableValue("a stored registration cannot be read");
  }
}

std::string packEpitaph(const Epitaph& epitaph) {
  return ByteWriter{}.text16(epitaph.owner).text16(epitaph.name).take();
}

Epitaph readEpitaph(std::string_view packed) {
  try {
    ByteReader reader(packed);
    std::string owner(reader.text16());
    return {std::move(owner), std::string(reader.text16())};
  } catch (const UnreadableValue&) {
    return {};
  }
}

EndpointId newEndpointId(Instant now) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string time(9, '0');
  auto rest = static_cast<std::uint64_t>(millisOf(now));
  for (auto digit = time.rbegin(); digit != time.rend(); ++digit, rest /= 36) *digit = kDigits[rest % 36];
  return "ep_" + time + text::randomId(11);
}

Error tooManyEndpoints(std::size_t most) {
  return {ErrorCode::Conflict, "There are as many endpoints as Limits:Endpoints allows (" + std::to_string(most) +
                                   "): delete some, or raise it."};
}

constexpr std::uint64_t kSync = 4;

std::string lanesOf(const Telling& telling) {
  if (telling.delivery == Delivery::Sync) return std::to_string(kSync);
  if (telling.delivery != Delivery::Every) return "0";
  return std::to_string(1 + static_cast<unsigned>(telling.order));
}

Telling tellingOf(std::uint64_t lanes) {
  Telling telling;
  if (lanes == kSync) telling.delivery = Delivery::Sync;
  if (lanes == kMailboxLanes) return {.delivery = Delivery::Every, .order = Order::None};
  if (lanes == 0 || lanes > 1 + static_cast<std::uint64_t>(Order::None)) return telling;
  telling.delivery = Delivery::Every;
  telling.order = static_cast<Order>(lanes - 1);
  return telling;
}

}  // namespace lull::redis
