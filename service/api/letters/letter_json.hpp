#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/dead_letter.hpp>
#include <lull/http/json.hpp>

namespace lull::api {

/// A dead letter as `/dead-letters` shows it.
http::Json letterJson(const DeadLetter& letter, const http::Json& endpointName, const Catalogue& catalogue);

}  // namespace lull::api
