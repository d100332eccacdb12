#pragma once

#include <lull/domain/item_id.hpp>
#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <stdexcept>
#include <utility>

/// What the parts of Cell share.
namespace lull::interleavings {

inline constexpr Millis kLease{25'000};
inline constexpr Millis kFirstRetry{5'000};
inline constexpr std::uint32_t kAssets = 1;
inline constexpr std::uint32_t kMetafields = 2;
inline const ItemKey kKey{kAssets, ItemId(std::int64_t{4711})};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

}  // namespace lull::interleavings
