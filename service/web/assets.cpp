#include <lull/web/assets.hpp>

#include <algorithm>

namespace lull::web {

const Asset* findAsset(std::string_view path) {
  for (const auto table : {pageAssets(), consoleAssets()}) {
    const auto found = std::ranges::find(table, path, &Asset::path);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

}  // namespace lull::web
