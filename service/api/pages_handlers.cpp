#include "handlers.hpp"

#include <lull/api/assets.hpp>

namespace lull::api {

namespace {

Result<Reply> page(std::string_view path) {
  const auto* asset = findAsset(path);
  if (asset == nullptr) return Error{ErrorCode::NotFound, "There is no such page."};
  Reply reply;
  reply.contentType = asset->contentType;
  reply.borrowed = asset->body;
  reply.isPage = true;
  return reply;
}

}  // namespace

Result<Reply> getDescription(const Call& call) {
  Reply reply;
  reply.borrowed = call.services.description;
  reply.isPage = true;
  return reply;
}

Result<Reply> getApiDocs(const Call&) {
  return page("/api-docs/index.html");
}

Result<Reply> getApiDocsFile(const Call& call) {
  return page("/api-docs/" + call.id);
}

Result<Reply> leadToApiDocs(const Call& call) {
  auto reply = emptyReply(302);
  reply.headers.emplace_back("Location", call.services.settings.pathBase + "/api-docs");
  return reply;
}

}  // namespace lull::api
