#pragma once

#include <lull/domain/result.hpp>

#include <string>
#include <system_error>

namespace lull::app {

/// What to do when the system refused a thread, or something else that the service is made of, at its start.
inline Error noThread(const std::system_error& failure) {
  return {ErrorCode::Unavailable,
          "The system does not give Lull the threads that it starts with (" + failure.code().message() +
              "). Raise the limit of processes and threads (ulimit -u, the pids limit of a container) or of memory "
              "(ulimit -v), or end what else runs under this user."};
}

}  // namespace lull::app
