#include "rabbit_server.hpp"

#include "support/loopback.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lull::testing {

namespace {

constexpr std::chrono::seconds kStartLimit{90};

/// Connections to the port of which its server has left more unread than a few heartbeats (proc_pid_net(5): `st` 01 is
/// established, `rx_queue` what was not read).
int unreadConnections(std::uint16_t port) {
  constexpr unsigned long kHeartbeats = 1000;  // bytes
  std::array<char, 8> wanted{};
  std::snprintf(wanted.data(), wanted.size(), ":%04X", static_cast<unsigned>(port));
  int count = 0;
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields(line);
      std::string number, local, remote, state, queues;
      fields >> number >> local >> remote >> state >> queues;
      if (!local.ends_with(wanted.data()) || state != "01") continue;
      if (std::stoul(queues.substr(queues.find(':') + 1), nullptr, 16) > kHeartbeats) ++count;
    }
  }
  return count;
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = onLoopback(port);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

std::string textOf(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

RabbitServer::RabbitServer()
    : port_(freeLoopbackPort()),
      tlsPort_(freeLoopbackPort()),
      nodePort_(freeLoopbackPort()),
      epmdPort_(freeLoopbackPort()) {
  std::string pattern = "/tmp/lull-rabbit-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  try {
    launch();
  } catch (...) {
    discard();  // The destructor does not run when a constructor throws.
    throw;
  }
}

RabbitServer::~RabbitServer() {
  discard();
}

void RabbitServer::discard() {
  kill9();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RabbitServer::kill9() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RabbitServer::start() {
  kill9();
  launch();
}

void RabbitServer::pause() {
  ::kill(pid_, SIGSTOP);
}

void RabbitServer::awaitUnread(int connections) const {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (unreadConnections(port_) < connections) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("nothing more comes to RabbitMQ");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void RabbitServer::resume() {
  ::kill(pid_, SIGCONT);
}

void RabbitServer::launch() {
  std::vector<std::string> words{LULL_RABBITMQ_SCRIPT,
                                 "start",
                                 folder_,
                                 std::to_string(port_),
                                 std::to_string(tlsPort_),
                                 std::to_string(nodePort_),
                                 std::to_string(epmdPort_)};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto log = (folder_ / "output").string();
  pid_ = ::fork();
  if (pid_ == 0) {  // Only async-signal-safe calls from here on: other threads of the test may hold locks.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close_range(3, ~0U, 0);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  if (pid_ < 0) throw std::runtime_error("fork failed");
  ::setpgid(pid_, pid_);
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (!accepts(port_) || !accepts(tlsPort_)) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("RabbitMQ ended while starting (is rabbitmq-server installed?):\n" + textOf(log));
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("RabbitMQ takes no connections:\n" + textOf(log));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void RabbitServer::control(const std::string& arguments) const {
  const auto command = std::string(LULL_RABBITMQ_SCRIPT) + " ctl " + folder_.string() + " " + arguments + " >" +
                       (folder_ / "ctl").string() + " 2>&1";
  if (std::system(command.c_str()) != 0)  // NOLINT(cert-env33-c): a fixed script with words of the test
    throw std::runtime_error(arguments + ":\n" + textOf(folder_ / "ctl"));
}

}  // namespace lull::testing
