#include "ares_channel.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace lull::net {

namespace {

std::int64_t modifiedAt(const char* path) {
  struct stat facts {};
  if (stat(path, &facts) != 0) return 0;
  return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

std::string sentence(const std::string& name, int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "The name " + name + " does not exist.";
    case ARES_ENODATA:
      return "The name " + name + " has no address.";
    case ARES_ETIMEOUT:
      return "The name servers did not answer for " + name + ".";
    case ARES_ECONNREFUSED:
      return "No name server could be reached for " + name + ".";
    case ARES_EDESTRUCTION:
      return "The name " + name + " was not resolved because Lull is stopping.";
    default:
      return "The name " + name + " could not be resolved: " + ares_strerror(status) + ".";
  }
}

IpAddress addressOf(int family, const char* bytes) {
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET) {
    std::memcpy(&reinterpret_cast<sockaddr_in*>(&address)->sin_addr, bytes, sizeof(in_addr));
  } else {
    std::memcpy(&reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr, bytes, sizeof(in6_addr));
  }
  return IpAddress::of(reinterpret_cast<const sockaddr*>(&address)).value();
}

Resolution resolutionOf(const std::string& name, int status, const ares_addrinfo* result) {
  Resolution resolution;
  for (const auto* node = status == ARES_SUCCESS && result != nullptr ? result->nodes : nullptr; node != nullptr;
       node = node->ai_next) {
    const auto address = IpAddress::of(node->ai_addr);
    auto& known = resolution.addresses;
    if (address && std::find(known.begin(), known.end(), *address) == known.end()) known.push_back(*address);
  }
  if (resolution.addresses.empty()) resolution.error = sentence(name, status == ARES_SUCCESS ? ARES_ENODATA : status);
  return resolution;
}

}  // namespace

AresChannel::AresChannel(const ResolverSettings& settings, Answered answered)
    : settings_(settings), answered_(std::move(answered)) {
  static std::once_flag initialised;
  std::call_once(initialised, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  open();
}

AresChannel::~AresChannel() {
  close();
}

void AresChannel::open() {
  configStamp_ = modifiedAt("/etc/resolv.conf");
  ares_options options{};
  options.timeout = static_cast<int>(settings_.queryTimeout.count());
  options.tries = settings_.tries;
  options.sock_state_cb = &AresChannel::onSocket;
  options.sock_state_cb_data = this;
  const int status =
      ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
  if (settings_.servers.empty()) return;
  if (ares_set_servers_ports_csv(channel_, settings_.servers.c_str()) != ARES_SUCCESS) {
    throw std::runtime_error("the list of name servers is not valid");
  }
}

void AresChannel::close() {
  if (channel_ == nullptr) return;
  ares_destroy(channel_);
  channel_ = nullptr;
  watched_.clear();
}

void AresChannel::refresh() {
  if (modifiedAt("/etc/resolv.conf") == configStamp_) return;
  close();
  open();
}

void AresChannel::query(const Question& question) {
  for (const auto family : {Family::V6, Family::V4}) {
    ares_addrinfo_hints hints{};
    hints.ai_family = family == Family::V4 ? AF_INET : AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    auto query = std::make_unique<OpenQuery>(OpenQuery{this, question, family});
    ares_getaddrinfo(channel_, question.name.c_str(), nullptr, &hints, &AresChannel::onAnswer, query.release());
  }
}

std::vector<IpAddress> AresChannel::fromHostsFile(const std::string& name) {
  // Names in /etc/hosts have no dot at their end.
  const std::string entry = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
  std::vector<IpAddress> addresses;
  for (const int family : {AF_INET6, AF_INET}) {
    hostent* found = nullptr;
    if (ares_gethostbyname_file(channel_, entry.c_str(), family, &found) != ARES_SUCCESS) continue;
    const std::unique_ptr<hostent, decltype(&ares_free_hostent)> owned(found, &ares_free_hostent);
    for (char** each = found->h_addr_list; *each != nullptr; ++each) addresses.push_back(addressOf(family, *each));
  }
  return addresses;
}

void AresChannel::poll(int wakeFd, std::chrono::milliseconds most) {
  std::vector<pollfd> fds{{wakeFd, POLLIN, 0}};
  for (const auto& [socket, events] : watched_) fds.push_back({socket, events, 0});
  timeval limit{static_cast<time_t>(most.count() / 1000), static_cast<suseconds_t>(most.count() % 1000 * 1000)};
  timeval scratch{};
  const timeval* wait = ares_timeout(channel_, &limit, &scratch);
  // Rounded up, so that a query's time-out has passed when poll returns.
  const auto milliseconds = wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000;
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(milliseconds));
  for (std::size_t i = 1; ready > 0 && i < fds.size(); ++i) {
    const auto& fd = fds[i];
    if (fd.revents == 0) continue;
    const bool failed = (fd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    ares_process_fd(channel_, failed || (fd.revents & POLLIN) != 0 ? fd.fd : ARES_SOCKET_BAD,
                    (fd.revents & POLLOUT) != 0 ? fd.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
}

void AresChannel::onSocket(void* self, ares_socket_t socket, int readable, int writable) {
  auto& watched = static_cast<AresChannel*>(self)->watched_;
  if (readable == 0 && writable == 0) {
    watched.erase(socket);
    return;
  }
  watched[socket] = static_cast<short>((readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0));
}

void AresChannel::onAnswer(void* query, int status, int /*timeouts*/, ares_addrinfo* result) {
  const std::unique_ptr<OpenQuery> owned(static_cast<OpenQuery*>(query));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> answer(result, &ares_freeaddrinfo);
  owned->channel->answered_(owned->question, owned->family, resolutionOf(owned->question.name, status, answer.get()));
}

}  // namespace lull::net
