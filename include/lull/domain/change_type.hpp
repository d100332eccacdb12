#pragma once

#include <lull/domain/operation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lull {

/// An internal event, and what the catalogue says of it in particular.
struct EventType {
  EventType() = default;
  EventType(std::string eventName) : name(std::move(eventName)) {}  // NOLINT(google-explicit-constructor)
  EventType(const char* eventName) : name(eventName) {}             // NOLINT(google-explicit-constructor)

  std::string name;                      ///< "AssetCreated", spelt exactly so
  std::optional<Operation> operation{};  ///< absent: what its name says (operationByName)
  std::string resource{};                ///< empty: its change type's
  std::string resourceIdName{};          ///< empty: its change type's

  bool operator==(const EventType&) const = default;

  Operation operationOrNamed() const { return operation.value_or(operationByName(name)); }
};

/// One bit of the catalogue: the public change type and the internal events that raise it.
struct ChangeType {
  std::string name;               ///< "AssetChanged"
  std::uint32_t value = 0;        ///< one bit, 1 … 2^30
  std::string idName;             ///< "AssetId": the member name in the older notification form
  std::vector<EventType> events;  ///< the internal events that raise it
  std::string resource{};         ///< what formats call the kind of its items; empty: its name
  std::string resourceIdName{};   ///< what formats call the id of an item; empty: the resource and "_id"
};

/// How formats name an item's kind and its id.
struct ResourceNames {
  std::string resource;
  std::string idName;
};

/// The lowest bit of a mask; 0 for none.
inline std::uint32_t lowestBit(std::uint32_t mask) {
  return mask & (~mask + 1);
}

/// The change-type catalogue: constant after construction, safe to share between threads.
class Catalogue {
 public:
  /// `types` has been validated: single distinct bits, distinct names, no event in two types.
  explicit Catalogue(std::vector<ChangeType> types);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;
  Catalogue(Catalogue&&) = default;
  Catalogue& operator=(Catalogue&&) = default;

  const std::vector<ChangeType>& types() const { return types_; }
  /// The type that the internal event raises, or nullptr when no type lists that exact spelling.
  const ChangeType* ofEvent(std::string_view event) const;
  const ChangeType* ofValue(std::uint32_t value) const;
  /// The event of that exact name, or nullptr.
  const EventType* event(std::string_view name) const;
  /// The words of an event for its item: its own, else those of its change type. Either may have left the catalogue.
  ResourceNames resourceNames(std::uint32_t changeType, std::string_view event) const;
  /// All bits of the catalogue or-ed together.
  std::uint32_t mask() const { return mask_; }
  /// The name of one bit; "unknown (16)" for a bit that the catalogue does not have. A catalogue can lose a type to
  /// which endpoints still subscribe, and of which there are messages and dead letters.
  std::string nameOf(std::uint32_t value) const;
  /// Names of the bits in `mask` as nameOf() gives them, ascending by bit.
  std::vector<std::string> namesOf(std::uint32_t mask) const;

 private:
  std::vector<ChangeType> types_;  // ascending by value
  struct Place {
    const ChangeType* type;
    const EventType* event;
  };
  std::unordered_map<std::string_view, Place> byEvent_;
  std::uint32_t mask_ = 0;
};

/// The four built-in change types.
std::vector<ChangeType> builtinChangeTypes();

}  // namespace lull
