#pragma once

#include "call.hpp"
#include "ownership.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// A window as `/windows` shows it.
http::Json windowJson(const Window& window);

struct WindowsHandlers {
  ports::Windows& windows;
  Ownership ownership;

  Result<http::Response> list(Call& call) const;
  Result<http::Response> flush(Call& call) const;
};

}  // namespace lull::api
