#include "client_connection.hpp"

#include <lull/text/ascii.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace lull::http {

namespace {

using std::chrono::steady_clock;

// A blocked read returns this often to check its deadline, so deadlines are exact to this time.
constexpr timeval kReadSlice{0, 250000};
// How much of a response the kernel buffers for a client that does not read. Without a limit it takes megabytes for
// each connection.
constexpr int kSendBuffer = 256 * 1024;
constexpr std::size_t kMaxChunkLine = 256;
constexpr std::size_t kMaxTrailerBytes = std::size_t{8} * 1024;
constexpr std::size_t kMaxLingerBytes = std::size_t{256} * 1024;
// Ten thousand connections that wait may hold as much each.
constexpr std::size_t kMostHeldBytes = std::size_t{4} * 1024;

BodyState late(bool closed) {
  return closed ? BodyState::Closed : BodyState::TooSlow;
}

}  // namespace

/// While it exists the client counts as awaited.
class ClientConnection::Awaiting {
 public:
  explicit Awaiting(ClientConnection& connection) : since_(connection.awaitedSince_) {
    since_.store(steady_clock::now(), std::memory_order_relaxed);
  }
  ~Awaiting() { since_.store(Time::max(), std::memory_order_relaxed); }
  Awaiting(const Awaiting&) = delete;
  Awaiting& operator=(const Awaiting&) = delete;

 private:
  std::atomic<Time>& since_;
};

ClientConnection::ClientConnection(int socket, const ConnectionTimes& times, const std::atomic<bool>& stopping)
    : socket_(socket), times_(times), stopping_(stopping) {
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kReadSlice, sizeof(kReadSlice));
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kReadSlice, sizeof(kReadSlice));
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof(kSendBuffer));
}

ClientConnection::~ClientConnection() {
  ::close(socket_);
}

// Ends the reading side at once, so that a blocked read returns; a blocked write notices at its next slice.
void ClientConnection::hurry() {
  hurried_.store(true, std::memory_order_relaxed);
  ::shutdown(socket_, SHUT_RD);
}

bool ClientConnection::passed(Time deadline) const {
  return hurried() || steady_clock::now() >= deadline;
}

ClientConnection::Read ClientConnection::fill(Time deadline) {
  std::array<char, 16384> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills it
  for (;;) {
    const auto count = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (count > 0) {
      buffer_.append(chunk.data(), static_cast<std::size_t>(count));
      return Read::Some;
    }
    if (count == 0) return hurried() ? Read::Late : Read::Closed;
    if (errno != EAGAIN && errno != EINTR) return Read::Closed;
    if (passed(deadline)) return Read::Late;
  }
}

HeadState ClientConnection::awaitHead(std::chrono::milliseconds patience) {
  head_.clear();
  if (buffer_.empty()) {
    pollfd readable{socket_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(patience.count())) <= 0) return HeadState::Quiet;
  }
  const Awaiting awaiting(*this);
  const auto deadline = steady_clock::now() + times_.head;
  if (buffer_.empty() && fill(deadline) != Read::Some) return HeadState::Closed;
  std::size_t searched = 0;
  for (;;) {
    // A lone CRLF before the request line is not the end of a head.
    const auto from = std::max<std::size_t>(searched, buffer_.starts_with("\r\n") ? 1 : 0);
    const auto end = buffer_.find("\r\n\r\n", from);
    if (end != std::string::npos && end + 4 <= kMaxHeadBytes) {
      head_ = buffer_.substr(0, end + 4);
      buffer_.erase(0, end + 4);
      return HeadState::Complete;
    }
    if (buffer_.size() > kMaxHeadBytes) return HeadState::TooLarge;
    searched = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    if (passed(deadline)) return HeadState::TooSlow;
    const auto read = fill(deadline);
    if (read != Read::Some) return read == Read::Late ? HeadState::TooSlow : HeadState::Closed;
  }
}

BodyState ClientConnection::readExactly(std::size_t count, Time deadline, Body& body) {
  while (count > 0) {
    if (buffer_.empty()) {
      const auto read = fill(deadline);
      if (read != Read::Some) return late(read == Read::Closed);
      if (passed(deadline)) return BodyState::TooSlow;
    }
    const auto part = std::min(count, buffer_.size());
    if (!body.share.grow(part)) return BodyState::NoRoom;
    body.text.append(buffer_, 0, part);
    buffer_.erase(0, part);
    count -= part;
  }
  return BodyState::Complete;
}

BodyState ClientConnection::readLine(Time deadline, std::string& line) {
  for (;;) {
    const auto end = buffer_.find("\r\n");
    if (end != std::string::npos && end <= kMaxChunkLine) {
      line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      return line.find_first_of("\r\n") == std::string::npos ? BodyState::Complete : BodyState::Malformed;
    }
    if (buffer_.size() > kMaxChunkLine) return BodyState::Malformed;
    const auto read = fill(deadline);
    if (read != Read::Some) return late(read == Read::Closed);
    if (passed(deadline)) return BodyState::TooSlow;
  }
}

BodyState ClientConnection::readTrailers(Time deadline) {
  std::size_t total = 0;
  for (;;) {
    std::string line;
    if (const auto state = readLine(deadline, line); state != BodyState::Complete) return state;
    if (line.empty()) return BodyState::Complete;
    total += line.size();
    if (total > kMaxTrailerBytes) return BodyState::Malformed;
  }
}

BodyState ClientConnection::readChunks(Time deadline, Body& body) {
  for (;;) {
    std::string line;
    if (const auto state = readLine(deadline, line); state != BodyState::Complete) return state;
    const std::string_view digits = std::string_view(line).substr(0, line.find(';'));
    std::size_t size = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, size, 16);
    if (digits.empty() || error != std::errc{} || text::trimmed({stop, end}).size() > 0) return BodyState::Malformed;
    if (size == 0) return readTrailers(deadline);
    if (size > body.cap - body.text.size()) return BodyState::TooLarge;
    if (const auto state = readExactly(size, deadline, body); state != BodyState::Complete) return state;
    if (const auto state = readLine(deadline, line); state != BodyState::Complete) return state;
    if (!line.empty()) return BodyState::Malformed;
  }
}

BodyState ClientConnection::readBody(const MessageHead& head, Body body) {
  if (head.framing == Framing::None) return BodyState::Complete;
  if (head.framing == Framing::Length) {
    if (head.contentLength > body.cap) return BodyState::TooLarge;
    // The body is charged as it arrives, so that a client that announces much and sends nothing takes no room from
    // others.
    if (!body.share.fits(head.contentLength)) return BodyState::NoRoom;
    // One block, so that growing does not hold the body twice; its pages count when they are written.
    body.text.reserve(head.contentLength);
  }
  if (head.expectsContinue && buffer_.empty() && !send("HTTP/1.1 100 Continue\r\n\r\n")) return BodyState::Closed;
  const Awaiting awaiting(*this);
  const auto deadline = steady_clock::now() + times_.body;
  if (head.framing == Framing::Length) return readExactly(head.contentLength, deadline, body);
  return readChunks(deadline, body);
}

bool ClientConnection::send(std::string_view first, std::string_view second) {
  const Awaiting awaiting(*this);
  auto deadline = steady_clock::now() + times_.write;
  bool stopping = false;
  while (!first.empty() || !second.empty()) {
    if (!stopping && stopping_) {
      stopping = true;
      deadline = std::min(deadline, steady_clock::now() + times_.farewell);
    }
    std::array<iovec, 2> parts{
        {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto count = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (count < 0) {
      if ((errno != EAGAIN && errno != EINTR) || passed(deadline)) return false;
      continue;
    }
    const auto sent = static_cast<std::size_t>(count);
    const auto ofFirst = std::min(sent, first.size());
    first.remove_prefix(ofFirst);
    second.remove_prefix(sent - ofFirst);
    if (passed(deadline) && !(first.empty() && second.empty())) return false;
  }
  return true;
}

std::optional<std::size_t> ClientConnection::sendNow(std::string_view text) {
  for (;;) {
    const auto count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return std::nullopt;
  }
}

bool ClientConnection::slim() {
  const bool few = buffer_.size() <= kMostHeldBytes;
  if (!few) buffer_.clear();
  buffer_.shrink_to_fit();
  head_.clear();
  head_.shrink_to_fit();
  return few;
}

void ClientConnection::linger() {
  ::shutdown(socket_, SHUT_WR);
  const Awaiting awaiting(*this);
  const auto deadline = steady_clock::now() + std::chrono::seconds(1);
  std::size_t drained = buffer_.size();
  buffer_.clear();
  while (drained < kMaxLingerBytes && !passed(deadline)) {
    if (fill(deadline) != Read::Some) return;
    drained += buffer_.size();
    buffer_.clear();
  }
}

}  // namespace lull::http
