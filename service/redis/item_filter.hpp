#pragma once

#include <lull/domain/item_id.hpp>

namespace lull::redis {

/// Whether an item key is one that a filter of windows or messages wants. Both kinds of filter name change type and
/// item id alike.
template <class Filter>
bool matchesKey(const Filter& filter, const ItemKey& key) {
  return (!filter.changeType || *filter.changeType == key.changeType) &&
         (!filter.itemId || *filter.itemId == key.itemId.text());
}

}  // namespace lull::redis
