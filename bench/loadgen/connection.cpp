#include "loadgen/connection.hpp"

#include "common/http_message.hpp"
#include "common/socket.hpp"

#include <unistd.h>

namespace lull::bench {

void Connection::open(const std::string& address, std::uint16_t port) {
  fd_ = connectTo(address, port);
  connecting_ = true;
  watchingWrites_ = true;
  poller_.add(fd_, EPOLLIN | EPOLLOUT, tag_);
}

void Connection::shut() {
  if (fd_ >= 0) {
    close(fd_);
  }
  fd_ = -1;
  busy_ = false;
  in_.clear();
  out_.clear();
}

void Connection::watch(bool writing) {
  if (writing != watchingWrites_) {
    watchingWrites_ = writing;
    poller_.modify(fd_, writing ? EPOLLIN | EPOLLOUT : EPOLLIN, tag_);
  }
}

bool Connection::flush() {
  if (!writeFrom(fd_, out_)) {
    return false;
  }
  watch(!out_.empty());
  return true;
}

bool Connection::send(Request request) {
  request_ = request;
  busy_ = true;
  return flush();
}

Connection::Event Connection::onEvents(std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) {
    return Event::kLost;
  }
  if ((events & EPOLLOUT) != 0) {
    if (connecting_) {
      connecting_ = false;
      watch(false);
      return Event::kReady;
    }
    if (!flush()) {
      return Event::kLost;
    }
  }
  return (events & EPOLLIN) != 0 ? onReadable() : Event::kNothing;
}

Connection::Event Connection::onReadable() {
  const auto count = readInto(fd_, in_);
  if (count == 0) {
    return Event::kLost;
  }
  const auto message = count > 0 ? parseMessage(in_) : std::nullopt;
  if (!message) {
    return Event::kNothing;
  }
  status_ = statusOf(message->head);
  const bool closing = message->head.close;
  in_.erase(0, message->size);
  busy_ = false;
  if (closing) {
    shut();
  }
  return Event::kResponse;
}

}  // namespace lull::bench
