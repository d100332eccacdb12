#include "commands.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace lull::app {

namespace {

std::string sha256Hex(const std::string& text) {
  return text::toHex(text::sha256(text));
}

int usage(FILE* to) {
  std::fputs(
      "Usage: lull hash-key [--new]\n\n"
      "Reads an API key from standard input and prints its SHA-256 for Authentication:ApiKeys:{i}:Sha256.\n"
      "With --new it draws a key of 256 random bits and prints both.\n",
      to);
  return to == stdout ? 0 : 2;
}

}  // namespace

int hashKey(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && (arguments.front() == "--help" || arguments.front() == "-h")) return usage(stdout);
  if (arguments.size() == 1 && arguments.front() == "--new") {
    const auto key = text::toHex(text::randomBytes(32));
    std::printf("key     %s\nsha256  %s\n", key.c_str(), sha256Hex(key).c_str());
    return 0;
  }
  std::string key;
  if (arguments.size() == 1 && !arguments.front().starts_with("-")) {
    std::fputs("Warning: a key on the command line is visible to other users of this machine; pipe it in instead.\n",
               stderr);
    key = arguments.front();
  } else if (arguments.empty()) {
    if (isatty(STDIN_FILENO) != 0) std::fputs("API key: ", stderr);
    std::getline(std::cin, key);
    if (key.ends_with('\r')) key.pop_back();
  } else {
    return usage(stderr);
  }
  if (key.empty()) {
    std::fputs("lull: there is no key on standard input; pipe one in, or let `lull hash-key --new` draw one.\n",
               stderr);
    return 2;
  }
  std::printf("%s\n", sha256Hex(key).c_str());
  return 0;
}

}  // namespace lull::app
