#pragma once

#include <lull/domain/result.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lull {

/// What an endpoint is told of the events it subscribes to.
enum class Delivery : std::uint8_t {
  Debounced,  ///< one message per lull and item
  Every,      ///< each event its own message, unmerged
  Sync,       ///< called within the request that publishes the event
};
/// The lane of a message: what arrives one after another.
enum class Order : std::uint8_t { Item, Endpoint, None };
/// What happens to the head of a lane that would become a dead letter.
enum class OnFailure : std::uint8_t {
  Skip,  ///< it does, and the next one follows
  Stop,  ///< it stays, and the endpoint is paused
};
/// What the answer of a webhook means.
enum class Results : std::uint8_t { ByStatus, ByBody };

/// How an endpoint is told, whatever its channel. The defaults are the first value of each.
struct Telling {
  Delivery delivery = Delivery::Debounced;
  Order order = Order::Item;
  OnFailure onFailure = OnFailure::Skip;
  Results results = Results::ByStatus;
  std::uint32_t position = 0;  ///< with Delivery::Sync: the lower ones are called first

  bool operator==(const Telling&) const = default;
};

/// Each property whose value does not go with the others', as a pointer into a registration. Empty: all is well.
std::vector<FieldError> faultsOf(const Telling& telling);

/// What an endpoint holds that was made for its present telling.
struct Holdings {
  std::uint64_t queued = 0;       ///< waiting, leased, and all that stands behind
  std::uint64_t deadLetters = 0;  ///< superseded ones included
};

/// Conflict when `delivery` or `order` would change while the endpoint holds something; the sentence says how to empty
/// it. `onFailure` and `results` change at any time. Only what is decided in one step with the change itself counts:
/// the holdings are those that the storing script sees.
Status judgeChange(const Telling& stored, const Telling& next, const Holdings& holdings);

std::string_view toString(Delivery delivery);    ///< "debounced", "every", "sync"
std::string_view toString(Order order);          ///< "item", "endpoint", "none"
std::string_view toString(OnFailure onFailure);  ///< "skip", "stop"
std::string_view toString(Results results);      ///< "status", "body"
std::optional<Delivery> parseDelivery(std::string_view text);
std::optional<Order> parseOrder(std::string_view text);
std::optional<OnFailure> parseOnFailure(std::string_view text);
std::optional<Results> parseResults(std::string_view text);

}  // namespace lull
