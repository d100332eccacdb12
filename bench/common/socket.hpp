#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace lull::bench {

/// Non-blocking IPv4 sockets of the loopback kind, with TCP_NODELAY. All throw std::system_error on failure.

/// Listens on 127.0.0.1:`port`; 0 takes a free one.
int listenOn(std::uint16_t port);
std::uint16_t portOf(int listener);

/// The next waiting connection, or -1 when there is none.
int acceptFrom(int listener);

/// Starts a connection; it is ready once the socket becomes writable.
int connectTo(const std::string& address, std::uint16_t port);

/// Appends what can be read at once to `buffer`. Returns the bytes read, 0 when the peer has closed or the connection
/// broke, and -1 when nothing is there yet.
ssize_t readInto(int fd, std::string& buffer);

/// Writes what the socket takes at once and removes it from `pending`. False when the connection broke.
bool writeFrom(int fd, std::string& pending);

}  // namespace lull::bench
