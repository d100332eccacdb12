#include "key_digest.hpp"

#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>

namespace lull::redis {

std::string keyDigest(std::string_view text) {
  return text::toBase64Url(text::sha256(text).substr(0, 16));
}

}  // namespace lull::redis
