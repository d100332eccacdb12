#pragma once

#include <cstddef>
#include <string>

namespace lull::net {

struct TransportSettings {
  std::string caFile;                    ///< PEM; trusted instead of the system's authorities; empty: the system's
  std::size_t maxIdleConnections = 512;  ///< kept alive over all origins
  std::size_t maxIdleConnectionsPerOrigin = 256;  ///< kept alive to one
};

}  // namespace lull::net
