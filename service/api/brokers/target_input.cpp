#include "brokers/target_input.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace lull::api {

namespace {

constexpr std::size_t kMostQueueBytes = 255;      // AMQP 0-9-1 section 4.2.5.3: a short string
constexpr std::size_t kMostTemplateBytes = 1000;  // of the template; what is made of it has 255 at most

bool isControlByte(char c) {
  return (c >= 0 && c < 0x20) || c == 0x7f;
}

/// Reads one body; each method takes one property.
class TargetReader {
 public:
  TargetReader(const http::Json& body, const RabbitTarget* stored, const Vocabulary& vocabulary, InputErrors& errors)
      : reader_(body, "/target", errors), stored_(stored), vocabulary_(vocabulary) {}

  RabbitTarget read() {
    reader_.allowOnly({"broker", "exchange", "routingKey", "queue", "declare"});
    broker();
    if (reader_.find("queue") != nullptr) {
      queue();
      return std::move(target_);
    }
    if (reader_.find("declare") != nullptr) reader_.note("declare", "Only a target with a queue is declared.");
    exchange();
    routingKey();
    return std::move(target_);
  }

 private:
  const KnownBroker* known() const {
    const auto found = std::ranges::find(vocabulary_.brokers, target_.broker, &KnownBroker::name);
    return found == vocabulary_.brokers.end() ? nullptr : &*found;
  }

  /// What is stored, where that is an exchange and a routing key.
  const RabbitTarget* storedRoute() const { return stored_ != nullptr && stored_->queue.empty() ? stored_ : nullptr; }

  bool keepsNoExchange() const {
    const auto* stored = storedRoute();
    return stored != nullptr && stored->broker == target_.broker && stored->exchange.empty();
  }

  void broker() {
    if (reader_.find("broker") == nullptr) return reader_.note("broker", "It is required.");
    const auto given = reader_.text("broker");
    if (!given) return;
    target_.broker = *given;
    if (known() != nullptr || (stored_ != nullptr && stored_->broker == *given)) return;
    std::string names;
    for (const auto& one : vocabulary_.brokers) names += (names.empty() ? "" : ", ") + one.name;
    reader_.note("broker", names.empty() ? "The settings have no broker (Brokers)."
                                         : "There is no such broker; the settings have " + names + ".");
  }

  std::optional<std::string> name(std::string_view property) {
    auto given = reader_.text(property);
    if (!given) return std::nullopt;
    if (!given->empty() && given->size() <= kMostQueueBytes && std::ranges::none_of(*given, isControlByte))
      return given;
    reader_.note(property, "It must have 1 to 255 bytes without control characters.");
    return std::nullopt;
  }

  void queue() {
    for (const auto* other : {"exchange", "routingKey"}) {
      if (reader_.find(other) != nullptr)
        reader_.note(other, "A target has a queue, or an exchange and a routing key.");
    }
    target_.declare = reader_.boolean("declare").value_or(false);
    target_.queue = name("queue").value_or("");
    if (target_.declare && target_.queue.starts_with("amq."))
      reader_.note("queue", "Names that begin with amq. are the broker's own and cannot be declared.");
  }

  void exchange() {
    if (reader_.find("exchange") != nullptr) {
      target_.exchange = name("exchange").value_or("");
      return;
    }
    const auto* of = known();
    if (of == nullptr || of->hasExchange || keepsNoExchange()) return;
    reader_.note("exchange", "It is required: the Url of this broker names no exchange. Or give a queue.");
  }

  void routingKey() {
    if (reader_.find("routingKey") == nullptr)
      return reader_.note("routingKey", "It is required with an exchange. Or give a queue.");
    const auto given = reader_.text("routingKey");
    if (!given) return;
    target_.routingKey = *given;
    if (given->size() > kMostTemplateBytes || std::ranges::any_of(*given, isControlByte))
      return reader_.note("routingKey", "It must have at most 1000 bytes without control characters.");
    if (storedRoute() != nullptr && storedRoute()->routingKey == *given) return;
    const auto read = formats::readTextTemplate(*given, vocabulary_.formats.values());
    if (read) return;
    for (const auto& fault : read.error().fields) reader_.note("routingKey", fault.detail);
  }

  ObjectReader reader_;
  const RabbitTarget* stored_;
  const Vocabulary& vocabulary_;
  RabbitTarget target_;
};

}  // namespace

RabbitTarget readRabbitTarget(const http::Json& given, const RabbitTarget* stored, const Vocabulary& vocabulary,
                              InputErrors& errors) {
  return TargetReader(given, stored, vocabulary, errors).read();
}

http::Json rabbitTargetJson(const RabbitTarget& target) {
  http::Json json{{"broker", target.broker}};
  if (!target.queue.empty()) {
    json["queue"] = target.queue;
    json["declare"] = target.declare;
    return json;
  }
  if (!target.exchange.empty()) json["exchange"] = target.exchange;
  json["routingKey"] = target.routingKey;
  return json;
}

void refuseWebhookParts(const ObjectReader& reader, const Telling& telling) {
  for (const auto* property : {"url", "headers", "secret"}) {
    if (reader.find(property) != nullptr) reader.note(property, "Only a webhook has it.");
  }
  if (telling.delivery == Delivery::Sync) reader.note("delivery", "Only a webhook can be called within POST /events.");
  if (telling.results == Results::ByBody) reader.note("results", "Only a webhook gives results in the body.");
}

}  // namespace lull::api
