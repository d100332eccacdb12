// Gives one target its seeds: `fuzz_seeds <target> <folder>`. What a fuzzer once found must never break a promise
// again, and that needs no fuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#define X(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
LULL_FUZZ_TARGETS
#undef X

int main(int argc, char** argv) {
#define X(name) {#name, fuzz_##name},
  const std::map<std::string, int (*)(const std::uint8_t*, std::size_t)> targets{LULL_FUZZ_TARGETS};
#undef X
  const auto target = argc == 3 ? targets.find(argv[1]) : targets.end();
  if (target == targets.end()) {
    std::fputs("Usage: fuzz_seeds <target> <folder>\n", stderr);
    return 2;
  }
  std::size_t seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2])) {
    // Said first: a broken promise ends the process.
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    target->second(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++seeds;
  }
  std::printf("%zu seeds\n", seeds);
  return seeds > 0 ? 0 : 1;
}
