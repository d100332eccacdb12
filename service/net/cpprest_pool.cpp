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
    // Makes OpenSSL register its clean-up now, so that at the end of the process it runs after the pool has joined its
    // threads, and frees what they hold of OpenSSL.
    OPENSSL_init_crypto(0, nullptr);
    crossplat::threadpool::initialize_with_threads(kThreads);
  });
}

}  // namespace lull::net
