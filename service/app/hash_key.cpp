#include "commands.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>

namespace lull::app {

namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 15U];
  }
  return text;
}

std::string sha256Hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return hex(digest.data(), length);
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
    std::array<unsigned char, 32> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return 1;
    const auto key = hex(bytes.data(), bytes.size());
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
