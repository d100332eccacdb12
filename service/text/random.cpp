#include <lull/text/random.hpp>

#include <openssl/rand.h>

#include <stdexcept>
#include <string_view>

namespace lull::text {

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("the system's random source failed");
  }
  return bytes;
}

std::string randomId(std::size_t length) {
  constexpr std::string_view kCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id;
  while (id.size() < length) {
    const auto byte = static_cast<unsigned char>(randomBytes(1).front());
    // 252 is the largest multiple of 36 below 256: the rest would favour the first characters.
    if (byte < 252) id.push_back(kCharacters[byte % kCharacters.size()]);
  }
  return id;
}

}  // namespace lull::text
