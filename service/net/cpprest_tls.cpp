#include "cpprest_tls.hpp"

#include <openssl/ssl.h>

#include <stdexcept>

namespace lull::net {

void trust(web::http::client::http_client_config& config, const std::string& caFile) {
  config.set_ssl_context_callback([caFile](boost::asio::ssl::context& context) {
    SSL_CTX* tls = context.native_handle();
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    if (caFile.empty()) return;
    SSL_CTX_set_cert_store(tls, X509_STORE_new());  // the system's authorities are not trusted beside the file
    if (SSL_CTX_load_verify_locations(tls, caFile.c_str(), nullptr) != 1) {
      throw std::runtime_error("Egress:CaFile cannot be read");
    }
  });
}

}  // namespace lull::net
