#pragma once

#include <lull/domain/result.hpp>
#include <lull/redis/connection.hpp>

struct redisContext;

namespace lull::redis {

/// Puts TLS under a connected context: the system's trusted authorities, the certificate checked against the host of
/// `address`. An error when this build's hiredis has no TLS; then the context is untouched.
Status startTls(redisContext& context, const Address& address);

}  // namespace lull::redis
