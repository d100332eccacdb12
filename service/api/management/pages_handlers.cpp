#include "management/pages_handlers.hpp"

#include <lull/web/assets.hpp>

namespace lull::api {

namespace {

// Swagger UI sets style attributes; everything else on the pages comes from our own files.
constexpr std::string_view kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

Result<http::Response> page(std::string_view path) {
  const auto* asset = web::findAsset(path);
  if (asset == nullptr) return Error{ErrorCode::NotFound, "There is no such page."};
  http::Response response;
  response.contentType = asset->contentType;
  response.borrowed = asset->body;
  response.policy = kDocsPolicy;
  response.caching = "no-cache";
  return response;
}

/// The embedded description, with the address that it is served under.
std::string describe(const std::string& pathBase) {
  const auto* asset = web::findAsset("/swagger/v1/swagger.json");
  if (asset == nullptr) return "{}";
  auto json = http::Json::parse(asset->body);
  json["servers"] = http::Json::array({{{"url", pathBase.empty() ? "/" : pathBase}}});
  return http::dump(json);
}

}  // namespace

Result<http::Response> PagesHandlers::getDescription(Call&) const {
  std::call_once(described, [this] { description = describe(pathBase); });
  http::Response response;
  response.borrowed = description;
  response.policy = kDocsPolicy;
  response.caching = "no-cache";
  return response;
}

Result<http::Response> PagesHandlers::getApiDocs(Call&) const {
  return page("/api-docs/index.html");
}

Result<http::Response> PagesHandlers::getApiDocsFile(Call& call) const {
  return page("/api-docs/" + call.id);
}

}  // namespace lull::api
