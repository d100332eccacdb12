#include "random_id.hpp"

#include "letter_id.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace lull::redis {

std::string randomId(std::size_t length) {
  constexpr std::string_view kCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id;
  while (id.size() < length) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1) throw std::runtime_error("the system's random source failed");
    // 252 is the largest multiple of 36 below 256: the rest would favour the first characters.
    if (byte < 252) id.push_back(kCharacters[byte % kCharacters.size()]);
  }
  return id;
}

std::string digest(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &length, EVP_sha256(), nullptr);
  return base64Url(std::string(bytes.begin(), bytes.begin() + 16));
}

}  // namespace lull::redis
