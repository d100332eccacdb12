#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

struct WindowsHandlers {
  ports::Windows& windows;

  Result<http::Response> list(Call& call) const;
  Result<http::Response> flush(Call& call) const;
};

}  // namespace lull::api
