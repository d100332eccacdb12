#include "sink/server.hpp"

#include "common/clock.hpp"
#include "common/socket.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace lull::bench {
namespace {

// Tags of the poller: the upper half says what the lower half indexes.
constexpr std::uint64_t kListener = std::uint64_t{1} << 32;
constexpr std::uint64_t kConnection = std::uint64_t{2} << 32;
constexpr std::uint64_t kControl = std::uint64_t{3} << 32;

std::uint32_t endpointOf(std::string_view path) {
  constexpr std::string_view kPrefix = "/e/";
  std::uint32_t endpoint = 0;
  if (path.starts_with(kPrefix)) {
    std::from_chars(path.data() + kPrefix.size(), path.data() + path.size(), endpoint);
  }
  return endpoint < SinkServer::kMaxEndpoints ? endpoint : 0;
}

}  // namespace

SinkServer::SinkServer(std::uint16_t firstPort, std::size_t listeners) {
  for (std::size_t i = 0; i < listeners; ++i) {
    const auto port = static_cast<std::uint16_t>(firstPort == 0 ? 0 : firstPort + i);
    listeners_.push_back(listenOn(port));
    poller_.add(listeners_.back(), EPOLLIN, kListener | i);
  }
}

std::vector<std::uint16_t> SinkServer::ports() const {
  std::vector<std::uint16_t> result;
  for (const int listener : listeners_) {
    result.push_back(portOf(listener));
  }
  return result;
}

void SinkServer::setBehaviour(std::uint32_t endpoint, Behaviour behaviour) {
  if (endpoint >= behaviours_.size()) {
    behaviours_.resize(endpoint + 1, default_);
  }
  behaviours_[endpoint] = behaviour;
}

void SinkServer::setAllBehaviours(Behaviour behaviour) {
  default_ = behaviour;
  behaviours_.clear();
}

const Behaviour& SinkServer::behaviourOf(std::uint32_t endpoint) const {
  return endpoint < behaviours_.size() ? behaviours_[endpoint] : default_;
}

void SinkServer::run(int controlFd, const std::function<bool()>& onControl) {
  poller_.add(controlFd, EPOLLIN, kControl);
  while (true) {
    for (const auto& event : poller_.wait(timeoutNs())) {
      const auto index = static_cast<std::uint32_t>(event.data.u64);
      if (event.data.u64 == kControl) {
        if (!onControl()) {
          return;
        }
      } else if ((event.data.u64 & kListener) == kListener) {
        acceptAll(listeners_[index]);
      } else if ((event.events & EPOLLOUT) != 0) {
        flush(index);
      } else {
        onReadable(index);
      }
    }
    sendDueReplies();
  }
}

std::int64_t SinkServer::timeoutNs() const {
  return delayed_.empty() ? -1 : std::max<std::int64_t>(0, delayed_.top().dueNs - monotonicNs());
}

void SinkServer::acceptAll(int listener) {
  for (int fd = acceptFrom(listener); fd >= 0; fd = acceptFrom(listener)) {
    if (freeSlots_.empty()) {
      freeSlots_.push_back(static_cast<std::uint32_t>(connections_.size()));
      connections_.emplace_back();
    }
    const auto slot = freeSlots_.back();
    freeSlots_.pop_back();
    connections_[slot].fd = fd;
    ++accepted_;
    poller_.add(fd, EPOLLIN, kConnection | slot);
  }
}

void SinkServer::onReadable(std::uint32_t slot) {
  auto& connection = connections_[slot];
  if (connection.fd < 0) {
    return;  // Dropped by an earlier event of the same pass.
  }
  const bool fresh = connection.in.empty();
  const auto count = readInto(connection.fd, connection.in);
  if (count == 0) {
    drop(slot);
  } else if (count > 0) {
    if (fresh) {
      connection.firstByteNs = monotonicNs();
    }
    while (const auto message = parseMessage(connection.in)) {
      onRequest(slot, *message);
      connection.in.erase(0, message->size);
    }
    if (!connection.out.empty()) {
      flush(slot);
    }
  }
}

void SinkServer::onRequest(std::uint32_t slot, const Message& message) {
  auto& connection = connections_[slot];
  const auto endpoint = endpointOf(pathOf(message.head));
  const auto& behaviour = behaviourOf(endpoint);
  // A blackholed request counts under status 0, as it is never answered.
  const int status = behaviour.blackhole ? 0 : behaviour.status;
  const auto item = itemOf(message.body);
  arrivals_.add({item, connection.firstByteNs, endpoint, status});
  if (behaviour.blackhole) {
    return;
  }
  if (behaviour.delayNs > 0) {
    connection.waiting = item;
    delayed_.push({monotonicNs() + behaviour.delayNs, slot, connection.generation, status});
    return;
  }
  reply(slot, status);
}

void SinkServer::reply(std::uint32_t slot, int status) {
  static const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  connections_[slot].out +=
      status == 200 ? ok : "HTTP/1.1 " + std::to_string(status) + " Sink\r\nContent-Length: 0\r\n\r\n";
}

void SinkServer::flush(std::uint32_t slot) {
  auto& connection = connections_[slot];
  if (connection.fd < 0) {
    return;
  }
  if (!writeFrom(connection.fd, connection.out)) {
    drop(slot);
    return;
  }
  // Replies are tiny, so a full socket buffer is the exception; interest in writing changes only then.
  const bool blocked = !connection.out.empty();
  if (blocked != connection.blocked) {
    connection.blocked = blocked;
    poller_.modify(connection.fd, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, kConnection | slot);
  }
}

void SinkServer::drop(std::uint32_t slot) {
  auto& connection = connections_[slot];
  if (connection.waiting >= 0) {
    arrivals_.broke(connection.waiting);
  }
  close(connection.fd);
  const auto generation = connection.generation + 1;
  connection = Connection();
  connection.generation = generation;
  freeSlots_.push_back(slot);
}

void SinkServer::sendDueReplies() {
  const auto now = delayed_.empty() ? 0 : monotonicNs();
  while (!delayed_.empty() && delayed_.top().dueNs <= now) {
    const auto due = delayed_.top();
    delayed_.pop();
    if (connections_[due.slot].generation == due.generation) {
      connections_[due.slot].waiting = -1;
      reply(due.slot, due.status);
      flush(due.slot);
    }
  }
}

}  // namespace lull::bench
