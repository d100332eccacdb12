#pragma once

#include <span>
#include <string_view>

namespace lull::web {

/// A static file that is part of the binary: the API description, the pages that show it, and the console. `path` is
/// absolute below PathBase, such as `/swagger/v1/swagger.json` or `/api-docs/swagger-ui.css`; `contentType` is ready
/// for the header of that name. The views point into the binary: valid for the whole life of the process.
struct Asset {
  std::string_view path;
  std::string_view contentType;
  std::string_view body;
};

/// The description and its pages. Thread-safe: the table is constant, as the next one is.
///
/// `/api-docs/index.html` is the page to serve at `/api-docs`, without a slash behind it: its links are relative to
/// that address (`api-docs/swagger-ui.css`), which makes them right under any PathBase.
std::span<const Asset> pageAssets();

/// The console: `/console/index.html`, the page to serve at `/console/`, and the parts that it names. The name of each
/// part holds a digest of what is in it.
std::span<const Asset> consoleAssets();

/// The file at `path`, or nullptr when none is embedded there. Thread-safe.
const Asset* findAsset(std::string_view path);

}  // namespace lull::web
