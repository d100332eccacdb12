#include "cpprest_pool.hpp"

#include <cpprest/http_client.h>
#include <openssl/crypto.h>
#include <pplx/threadpool.h>

#include <cstddef>
#include <mutex>

namespace lull::net {

void initialiseCppRestPool() {
  constexpr std::size_t kThreads = 4;
  static std::once_flag initialised;
  std::call_once(initialised, [] {
    // OpenSSL's clean-up at the end of the process is registered here at the latest, so that it runs after the pool has
    // joined its threads: what they hold of OpenSSL is freed then.
    OPENSSL_init_crypto(0, nullptr);
    crossplat::threadpool::initialize_with_threads(kThreads);
  });
}

}  // namespace lull::net
