#include "handlers.hpp"

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

}  // namespace

Result<http::Response> getDescription(const Call& call) {
  http::Response response;
  response.borrowed = call.services.description;
  response.isPage = true;
  return response;
}

Result<http::Response> getApiDocs(const Call&) {
  return page("/api-docs/index.html");
}

Result<http::Response> getApiDocsFile(const Call& call) {
  return page("/api-docs/" + call.id);
}

Result<http::Response> leadToApiDocs(const Call& call) {
  auto response = http::emptyResponse(302);
  response.headers.emplace_back("Location", call.services.settings.pathBase + "/api-docs");
  return response;
}

}  // namespace lull::api
