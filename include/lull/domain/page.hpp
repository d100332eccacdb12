#pragma once

#include <string>
#include <vector>

namespace lull {

/// One page of a list. `nextCursor` is opaque to clients and empty on the last page.
template <class T>
struct Page {
  std::vector<T> items;
  std::string nextCursor;
};

/// Where a page starts and how long it may be (1–500).
struct PageRequest {
  std::size_t limit = 100;
  std::string cursor;
};

}  // namespace lull
