#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

#include <string>

namespace lull::api {

/// The operators' console: its page, and the scripts, styles and pictures that the page names. All of them are embedded
/// in the binary, and open to everybody: what they show comes from the API, with the credential of whoever looks.
struct ConsolePages {
  std::string pathBase;

  /// Leads to the page, from `/` and from `/console`, whose relative links would miss the folder.
  Result<http::Response> lead(Call& call) const;
  Result<http::Response> getPage(Call& call) const;
  Result<http::Response> getPart(Call& call) const;
};

}  // namespace lull::api
