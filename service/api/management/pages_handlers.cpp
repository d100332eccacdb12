#include "management/pages_handlers.hpp"

#include <lull/web/assets.hpp>

namespace lull::api {

namespace {

Result<http::Response> page(std::string_view path) {
  const auto* asset = web::findAsset(path);
  if (asset == nullptr) return Error{ErrorCode::NotFound, "There is no such page."};
  http::Response response;
  response.contentType = asset->contentType;
  response.borrowed = asset->body;
  response.isPage = true;
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

PagesHandlers::PagesHandlers(std::string base) : pathBase(std::move(base)), description(describe(pathBase)) {}

Result<http::Response> PagesHandlers::getDescription(Call&) const {
  http::Response response;
  response.borrowed = description;
  response.isPage = true;
  return response;
}

Result<http::Response> PagesHandlers::getApiDocs(Call&) const {
  return page("/api-docs/index.html");
}

Result<http::Response> PagesHandlers::getApiDocsFile(Call& call) const {
  return page("/api-docs/" + call.id);
}

Result<http::Response> PagesHandlers::leadToApiDocs(Call&) const {
  auto response = http::emptyResponse(302);
  response.headers.emplace_back("Location", pathBase + "/api-docs");
  return response;
}

}  // namespace lull::api
