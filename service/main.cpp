#include <lull/app/command_line.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  try {
    return lull::app::runCommandLine({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "lull: unexpected failure: %s\n", failure.what());
    return 70;
  }
}
