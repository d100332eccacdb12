#include "sink/control.hpp"
#include "sink/server.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  CLI::App app{"Counts webhook POSTs; steered by lines on stdin (see sink/control.hpp)"};
  std::uint16_t port = 0;
  std::size_t listeners = 1;
  app.add_option("--port", port, "First port; 0 takes free ones");
  app.add_option("--listeners", listeners, "Number of ports")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);

  lull::bench::SinkServer server(port, listeners);
  lull::bench::SinkControl control(server);
  std::puts(nlohmann::json{{"ports", server.ports()}}.dump().c_str());
  std::fflush(stdout);
  server.run(STDIN_FILENO, [&control] { return control.onReadable(); });
}
