#include "activemq_server.hpp"

#include "support/loopback.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lull::testing {

namespace {

constexpr std::chrono::seconds kStartLimit{90};

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

ActiveMqServer::ActiveMqServer()
    : port_(freeLoopbackPort()), tlsPort_(freeLoopbackPort()), mqttPort_(freeLoopbackPort()) {
  std::string pattern = "/tmp/lull-activemq-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  try {
    launch();
  } catch (...) {
    discard();  // The destructor does not run when a constructor throws.
    throw;
  }
}

ActiveMqServer::~ActiveMqServer() {
  discard();
}

void ActiveMqServer::discard() {
  kill9();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ActiveMqServer::kill9() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ActiveMqServer::start() {
  kill9();
  launch();
}

void ActiveMqServer::pause() {
  ::kill(pid_, SIGSTOP);
}

void ActiveMqServer::resume() {
  ::kill(pid_, SIGCONT);
}

void ActiveMqServer::launch() {
  std::vector<std::string> words{
      LULL_ACTIVEMQ_SCRIPT,     "start", folder_, std::to_string(port_), std::to_string(tlsPort_),
      std::to_string(mqttPort_)};
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
      throw std::runtime_error("ActiveMQ ended while starting (is activemq installed?):\n" + textOf(log));
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("ActiveMQ takes no connections:\n" + textOf(log));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace lull::testing
