#pragma once

#include <lull/http/response.hpp>
#include <lull/ports/jobs.hpp>

namespace lull::api {

/// A job as every reply shows it.
http::Json jobJson(const ports::Job& job);

}  // namespace lull::api
