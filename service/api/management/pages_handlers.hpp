#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace lull::api {

/// Swagger UI, and the description that it shows.
struct PagesHandlers {
  std::string pathBase;
  // swagger.json with the address that it is served under, made when somebody asks for it.
  mutable std::once_flag described;
  mutable std::string description;

  explicit PagesHandlers(std::string base) : pathBase(std::move(base)) {}
  Result<http::Response> getDescription(Call& call) const;
  Result<http::Response> getApiDocs(Call& call) const;
  Result<http::Response> getApiDocsFile(Call& call) const;
};

}  // namespace lull::api
