#include "console/console_pages.hpp"

#include <lull/web/assets.hpp>

namespace lull::api {

namespace {

// Scripts, styles and pictures are our own files only, and the page calls nobody but this service.
constexpr std::string_view kConsolePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view kIndex = "index.html";

// The name of a part holds a digest of its content, so it never changes; the page names the parts of this version, so
// browsers ask for it anew.
constexpr std::string_view kForGood = "public, max-age=31536000, immutable";
constexpr std::string_view kAskedAnew = "no-cache";

Result<http::Response> consoleFile(std::string_view name, std::string_view caching) {
  const auto* asset = web::findAsset("/console/" + std::string(name));
  if (asset == nullptr) return Error{ErrorCode::NotFound, "There is no such file of the console."};
  http::Response response;
  response.contentType = asset->contentType;
  response.borrowed = asset->body;
  response.policy = kConsolePolicy;
  response.caching = caching;
  return response;
}

}  // namespace

Result<http::Response> ConsolePages::lead(Call&) const {
  auto response = http::emptyResponse(302);
  response.headers.emplace_back("Location", pathBase + "/console/");
  response.policy = kConsolePolicy;
  return response;
}

Result<http::Response> ConsolePages::getPage(Call&) const {
  return consoleFile(kIndex, kAskedAnew);
}

Result<http::Response> ConsolePages::getPart(Call& call) const {
  return consoleFile(call.id, call.id == kIndex ? kAskedAnew : kForGood);
}

}  // namespace lull::api
