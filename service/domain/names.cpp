#include <lull/domain/attempt.hpp>
#include <lull/domain/dead_letter.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/operation.hpp>
#include <lull/domain/receiver_answer.hpp>
#include <lull/domain/telling.hpp>

#include <array>
#include <utility>

namespace lull {

namespace {

template <class Enum, std::size_t N>
std::string_view nameIn(const std::array<std::string_view, N>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t N>
std::optional<Enum> valueIn(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 4> kDeathReasons{"exhausted", "permanent", "expired", "poisoned"};
constexpr std::array<std::string_view, kFailureClasses> kFailures{"none",  "name",     "connect", "tls",  "timeout",
                                                                  "reset", "protocol", "cut-off", "local"};
constexpr std::array<std::string_view, 7> kPausedReasons{
    "", "operator", "gone", "egress", "dead-letters-full", "queue-full", "blocked"};
constexpr std::array kChannels{std::string_view("webhook"), std::string_view("mailbox"), std::string_view("rabbitmq")};
static_assert(kChannels.size() == kChannelKinds, "every kind has a name");
constexpr std::array<std::string_view, 4> kHealths{"healthy", "failing", "open", "paused"};
constexpr std::array<std::string_view, 2> kIdFields{"BaseId", "Specific"};
constexpr std::array<std::string_view, 4> kReceiverResults{"OK", "Error", "ErrorAndSkip", "SkipNow"};
constexpr std::array<std::string_view, 3> kDeliveries{"debounced", "every", "sync"};
constexpr std::array<std::string_view, 3> kOrders{"item", "endpoint", "none"};
constexpr std::array<std::string_view, 2> kOnFailures{"skip", "stop"};
constexpr std::array<std::string_view, 2> kResults{"status", "body"};
constexpr std::array<std::string_view, 3> kOperations{"create", "update", "delete"};

}  // namespace

std::string_view outcomeWord(Outcome outcome, PausedReason heldFor) {
  switch (outcome) {
    case Outcome::Delivered:
      return "delivered";
    case Outcome::Retryable:
      return "retryable";
    case Outcome::Permanent:
      return "permanent";
    case Outcome::Held:
      return heldFor == PausedReason::Gone ? "gone" : "refused";
    case Outcome::Released:
      break;
  }
  return "released";
}
std::string_view toString(DeathReason reason) {
  return nameIn(kDeathReasons, reason);
}
std::optional<DeathReason> parseDeathReason(std::string_view text) {
  return valueIn<DeathReason>(kDeathReasons, text);
}
std::string_view toString(FailureClass failure) {
  return nameIn(kFailures, failure);
}
std::optional<FailureClass> parseFailureClass(std::string_view text) {
  return valueIn<FailureClass>(kFailures, text);
}
std::string_view toString(PausedReason reason) {
  return nameIn(kPausedReasons, reason);
}
std::optional<PausedReason> parsePausedReason(std::string_view text) {
  return valueIn<PausedReason>(kPausedReasons, text);
}
std::string_view toString(ChannelKind kind) {
  return nameIn(kChannels, kind);
}
std::optional<ChannelKind> parseChannelKind(std::string_view text) {
  return valueIn<ChannelKind>(kChannels, text);
}
std::string_view toString(Health health) {
  return nameIn(kHealths, health);
}
std::string_view toString(IdField field) {
  return nameIn(kIdFields, field);
}
std::optional<IdField> parseIdField(std::string_view text) {
  return valueIn<IdField>(kIdFields, text);
}

std::string_view toString(Operation operation) {
  return nameIn(kOperations, operation);
}
std::optional<Operation> parseOperation(std::string_view text) {
  return valueIn<Operation>(kOperations, text);
}
Operation operationByName(std::string_view eventType) {
  if (eventType.ends_with("Created")) return Operation::Create;
  return eventType.ends_with("Deleted") ? Operation::Delete : Operation::Update;
}
std::string_view toString(ReceiverResult result) {
  return nameIn(kReceiverResults, result);
}
std::optional<ReceiverResult> parseReceiverResult(std::string_view text) {
  return valueIn<ReceiverResult>(kReceiverResults, text);
}
std::optional<ReceiverResult> receiverResultOf(std::uint64_t number) {
  return number < kReceiverResults.size() ? std::optional(static_cast<ReceiverResult>(number)) : std::nullopt;
}
std::string_view toString(Delivery delivery) {
  return nameIn(kDeliveries, delivery);
}
std::optional<Delivery> parseDelivery(std::string_view text) {
  return valueIn<Delivery>(kDeliveries, text);
}
std::string_view toString(Order order) {
  return nameIn(kOrders, order);
}
std::optional<Order> parseOrder(std::string_view text) {
  return valueIn<Order>(kOrders, text);
}
std::string_view toString(OnFailure onFailure) {
  return nameIn(kOnFailures, onFailure);
}
std::optional<OnFailure> parseOnFailure(std::string_view text) {
  return valueIn<OnFailure>(kOnFailures, text);
}
std::string_view toString(Results results) {
  return nameIn(kResults, results);
}
std::optional<Results> parseResults(std::string_view text) {
  return valueIn<Results>(kResults, text);
}

}  // namespace lull
