#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

#include <string>

namespace lull::api {

/// Swagger UI, and the description that it shows.
struct PagesHandlers {
  std::string pathBase;
  std::string description;  ///< swagger.json with the address that it is served under

  explicit PagesHandlers(std::string base);
  Result<http::Response> getDescription(Call& call) const;
  Result<http::Response> getApiDocs(Call& call) const;
  Result<http::Response> getApiDocsFile(Call& call) const;
};

}  // namespace lull::api
