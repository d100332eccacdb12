#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

/// The limit of an API on cpp-httplib: a handler that only answers, with the settings that were measured to be fast.
/// Prints its port and serves until stdin ends.
int main() {
  constexpr std::size_t kThreads = 300;
  constexpr int kBacklog = 1024;
  httplib::Server server;
  int listener = -1;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(100'000);
  server.set_keep_alive_timeout(2);
  server.set_socket_options([&listener](socket_t fd) { listener = fd; });
  server.Post("/api/v1/events", [](const httplib::Request&, httplib::Response& response) {
    response.status = 202;
    response.set_content(R"({"accepted":1,"duplicates":0,"sequences":[1]})", "application/json");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  if (port < 0 || ::listen(listener, kBacklog) != 0) {
    std::fputs("cannot listen\n", stderr);
    return 1;
  }
  std::printf("{\"port\":%d}\n", port);
  std::fflush(stdout);
  std::thread stopper([&server] {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    server.stop();
  });
  server.listen_after_bind();
  stopper.join();
}
