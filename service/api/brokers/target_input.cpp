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

/// ActiveMQ and Artemis take such a name for several queues, for a pattern, or for options: with it an endpoint would
/// reach queues that are those of others.
bool meansMore(std::string_view queue) {
  return queue.find_first_of(",?*>#") != std::string_view::npos || queue.find("://") != std::string_view::npos ||
         queue.starts_with(' ') || queue.ends_with(' ');
}

/// Reads one body; each method takes one property. What the endpoint has is nullptr where there is none.
class TargetReader {
 public:
  TargetReader(const http::Json& body, const RabbitTarget* stored, const Vocabulary& vocabulary, InputErrors& errors)
      : reader_(body, "/target", errors),
        stored_(stored != nullptr ? &stored->broker : nullptr),
        rabbit_(stored),
        vocabulary_(vocabulary) {}
  TargetReader(const http::Json& body, const AmqpTarget* stored, const Vocabulary& vocabulary, InputErrors& errors)
      : reader_(body, "/target", errors),
        stored_(stored != nullptr ? &stored->broker : nullptr),
        vocabulary_(vocabulary) {}

  RabbitTarget rabbit() {
    reader_.allowOnly({"broker", "exchange", "routingKey", "queue", "declare"});
    RabbitTarget target;
    target.broker = broker();
    const auto* of = known(target.broker);
    if (of != nullptr && of->stomp && !keepsBroker(target.broker))
      reader_.note("broker", "This broker is spoken to by STOMP (Brokers:Protocol), so only channel amqp reaches it.");
    if (reader_.find("queue") != nullptr) {
      for (const auto* other : {"exchange", "routingKey"}) {
        if (reader_.find(other) != nullptr)
          reader_.note(other, "A target has a queue, or an exchange and a routing key.");
      }
      queue(target.queue, target.declare);
      if (target.declare && target.queue.starts_with("amq."))
        reader_.note("queue", "Names that begin with amq. are the broker's own and cannot be declared.");
      return target;
    }
    if (reader_.find("declare") != nullptr) reader_.note("declare", "Only a target with a queue is declared.");
    exchange(target, of);
    routingKey(target);
    return target;
  }

  AmqpTarget amqp() {
    reader_.allowOnly({"broker", "exchange", "routingKey", "queue", "declare"});
    for (const auto* other : {"exchange", "routingKey"}) {
      if (reader_.find(other) != nullptr) reader_.note(other, "Only an endpoint with channel rabbitmq has it.");
    }
    AmqpTarget target;
    target.broker = broker();
    if (reader_.find("queue") == nullptr) reader_.note("queue", "It is required.");
    queue(target.queue, target.declare);
    if (meansMore(target.queue))
      reader_.note("queue", "It must not hold any of , ? * > # nor ://, and not begin or end with a blank.");
    return target;
  }

 private:
  const KnownBroker* known(const std::string& name) const {
    const auto found = std::ranges::find(vocabulary_.brokers, name, &KnownBroker::name);
    return found == vocabulary_.brokers.end() ? nullptr : &*found;
  }

  /// What is stored, where that is an exchange and a routing key.
  const RabbitTarget* storedRoute() const { return rabbit_ != nullptr && rabbit_->queue.empty() ? rabbit_ : nullptr; }

  bool keepsNoExchange(const std::string& broker) const {
    const auto* stored = storedRoute();
    return stored != nullptr && stored->broker == broker && stored->exchange.empty();
  }

  bool keepsBroker(const std::string& broker) const { return stored_ != nullptr && *stored_ == broker; }

  std::string broker() {
    if (reader_.find("broker") == nullptr) {
      reader_.note("broker", "It is required.");
      return {};
    }
    auto given = reader_.text("broker");
    if (!given || known(*given) != nullptr || keepsBroker(*given)) return given.value_or("");
    std::string names;
    for (const auto& one : vocabulary_.brokers) names += (names.empty() ? "" : ", ") + one.name;
    reader_.note("broker", names.empty() ? "The settings have no broker (Brokers)."
                                         : "There is no such broker; the settings have " + names + ".");
    return *given;
  }

  std::optional<std::string> name(std::string_view property) {
    auto given = reader_.text(property);
    if (!given) return std::nullopt;
    if (!given->empty() && given->size() <= kMostQueueBytes && std::ranges::none_of(*given, isControlByte))
      return given;
    reader_.note(property, "It must have 1 to 255 bytes without control characters.");
    return std::nullopt;
  }

  void queue(std::string& queue, bool& declare) {
    declare = reader_.boolean("declare").value_or(false);
    queue = name("queue").value_or("");
  }

  void exchange(RabbitTarget& target, const KnownBroker* of) {
    if (reader_.find("exchange") != nullptr) {
      target.exchange = name("exchange").value_or("");
      return;
    }
    if (of == nullptr || of->hasExchange || keepsNoExchange(target.broker)) return;
    reader_.note("exchange", "It is required: the Url of this broker names no exchange. Or give a queue.");
  }

  void routingKey(RabbitTarget& target) {
    if (reader_.find("routingKey") == nullptr)
      return reader_.note("routingKey", "It is required with an exchange. Or give a queue.");
    const auto given = reader_.text("routingKey");
    if (!given) return;
    target.routingKey = *given;
    if (given->size() > kMostTemplateBytes || std::ranges::any_of(*given, isControlByte))
      return reader_.note("routingKey", "It must have at most 1000 bytes without control characters.");
    if (storedRoute() != nullptr && storedRoute()->routingKey == *given) return;
    const auto read = formats::readTextTemplate(*given, vocabulary_.formats.values());
    if (read) return;
    for (const auto& fault : read.error().fields) reader_.note("routingKey", fault.detail);
  }

  ObjectReader reader_;
  const std::string* stored_;  // the broker
  const RabbitTarget* rabbit_ = nullptr;
  const Vocabulary& vocabulary_;
};

}  // namespace

RabbitTarget readRabbitTarget(const http::Json& given, const RabbitTarget* stored, const Vocabulary& vocabulary,
                              InputErrors& errors) {
  return TargetReader(given, stored, vocabulary, errors).rabbit();
}

AmqpTarget readAmqpTarget(const http::Json& given, const AmqpTarget* stored, const Vocabulary& vocabulary,
                          InputErrors& errors) {
  return TargetReader(given, stored, vocabulary, errors).amqp();
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

http::Json amqpTargetJson(const AmqpTarget& target) {
  return {{"broker", target.broker}, {"queue", target.queue}, {"declare", target.declare}};
}

void refuseWebhookParts(const ObjectReader& reader, const Telling& telling) {
  for (const auto* property : {"url", "headers", "secret"}) {
    if (reader.find(property) != nullptr) reader.note(property, "Only a webhook has it.");
  }
  if (telling.delivery == Delivery::Sync) reader.note("delivery", "Only a webhook can be called within POST /events.");
  if (telling.results == Results::ByBody) reader.note("results", "Only a webhook gives results in the body.");
}

}  // namespace lull::api
