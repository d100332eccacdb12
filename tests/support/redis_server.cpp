#include "support/redis_server.hpp"

#include "support/loopback.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace lull::testing {

namespace {

constexpr std::chrono::seconds kStartLimit{20};

std::filesystem::path makeDirectory() {
  std::string pattern = "/tmp/lull-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return pattern;
}

int connectTo(const redis::Address& to) {
  if (to.unixPath.empty()) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = onLoopback(to.port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, to.unixPath.c_str(), sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

// Speaks to the socket directly, so that the fixture does not lean on the code under test. A server that wants a
// password or a TLS handshake has answered, too, once it says anything.
bool answersPing(const redis::Address& to) {
  const int fd = connectTo(to);
  if (fd < 0) return false;
  const timeval limit{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char reply[64] = {};
  const bool answered = ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && ::recv(fd, reply, sizeof reply - 1, 0) > 0 &&
                        std::strncmp(reply, "-LOADING", 8) != 0;
  ::close(fd);
  return answered;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> extraArgs, Listen listen)
    : extraArgs_(std::move(extraArgs)),
      directory_(makeDirectory()),
      port_(listen == Listen::Tcp ? freeLoopbackPort() : std::uint16_t{0}) {
  try {
    launch();
  } catch (...) {
    discard();  // The destructor does not run when a constructor throws.
    throw;
  }
}

RedisServer::~RedisServer() {
  discard();
}

void RedisServer::discard() {
  kill9();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

redis::Address RedisServer::address() const {
  redis::Address address;
  address.port = port_;
  if (port_ == 0) address.unixPath = directory_ / "redis.sock";
  return address;
}

void RedisServer::kill9() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::restart() {
  kill9();
  launch();
}

void RedisServer::pause() {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  ::waitpid(pid_, &status, WUNTRACED);
}

void RedisServer::resume() {
  ::kill(pid_, SIGCONT);
}

void RedisServer::launch() {
  std::vector<std::string> words{"redis-server",
                                 "--port",
                                 std::to_string(port_),
                                 "--bind",
                                 "127.0.0.1",
                                 "--unixsocket",
                                 "redis.sock",
                                 "--dir",
                                 directory_.string(),
                                 "--logfile",
                                 "redis.log",
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",
                                 "no"};
  words.insert(words.end(), extraArgs_.begin(), extraArgs_.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_ = ::fork();
  if (pid_ == 0) {  // Only async-signal-safe calls from here on: other threads of the test may hold locks.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close_range(3, ~0U, 0);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  if (pid_ < 0) throw std::runtime_error("fork failed");
  awaitPong();
}

void RedisServer::awaitPong() {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (!answersPing(address())) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server ended while starting (is it installed?):\n" + log());
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("redis-server does not answer:\n" + log());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string RedisServer::log() const {
  std::ifstream file(directory_ / "redis.log");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace lull::testing
