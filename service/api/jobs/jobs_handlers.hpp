#pragma once

#include "call.hpp"
#include "ownership.hpp"

#include <lull/api/server.hpp>

#include <string>

namespace lull::api {

/// Bulk calls that go on in the background.
struct JobsHandlers {
  ports::Jobs& jobs;
  std::string pathBase;
  Ownership ownership;

  Result<http::Response> create(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> get(Call& call) const;
  Result<http::Response> cancel(Call& call) const;

 private:
  /// The job of the call; one of somebody else does not exist.
  Result<ports::Job> jobOf(const Call& call) const;
};

}  // namespace lull::api
