#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lull {

/// One bit of the catalogue: the public change type and the internal events that raise it.
struct ChangeType {
  std::string name;                 ///< "AssetChanged"
  std::uint32_t value = 0;          ///< one bit, 1 … 2^30
  std::string idName;               ///< "AssetId": the member name in the older notification form
  std::vector<std::string> events;  ///< internal event names, spelt exactly so
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
  /// All bits of the catalogue or-ed together.
  std::uint32_t mask() const { return mask_; }
  /// The name of one bit; "unknown (16)" for a bit that the catalogue does not have. A catalogue can lose a type to
  /// which endpoints still subscribe, and of which there are messages and dead letters.
  std::string nameOf(std::uint32_t value) const;
  /// Names of the bits in `mask` as nameOf() gives them, ascending by bit.
  std::vector<std::string> namesOf(std::uint32_t mask) const;

 private:
  std::vector<ChangeType> types_;  // ascending by value
  std::unordered_map<std::string_view, const ChangeType*> byEvent_;
  std::uint32_t mask_ = 0;
};

/// The four built-in change types.
std::vector<ChangeType> builtinChangeTypes();

}  // namespace lull
