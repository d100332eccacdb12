#pragma once

#include <cpprest/http_client.h>

#include <string>

namespace lull::net {

/// TLS 1.2 or newer, certificates checked against `caFile` only; against the system's authorities when it is empty. A
/// file that cannot be read makes the request throw.
void trust(web::http::client::http_client_config& config, const std::string& caFile);

}  // namespace lull::net
