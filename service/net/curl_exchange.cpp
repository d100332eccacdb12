#include "curl_exchange.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace lull::net {

namespace {

constexpr std::size_t kMaxHeaderBytes = 32UL * 1024;
constexpr std::size_t kMaxBodyBytes = 64UL * 1024;
constexpr std::size_t kExcerptBytes = 1024;
constexpr long kFinalStatus = 200;         // below it an interim answer, which another one follows
constexpr long kSwitchingProtocols = 101;  // not asked for, yet final
constexpr long kIdleSeconds = 60;

std::string bracketed(const IpAddress& address) {
  return address.isV4() ? address.text() : "[" + address.text() + "]";
}

std::string urlOf(const ports::Target& target) {
  const bool v6 = target.host.find(':') != std::string::npos;
  std::string url = target.tls ? "https://" : "http://";
  url += v6 ? "[" + target.host + "]" : target.host;
  return url + ":" + std::to_string(target.port) + target.pathAndQuery;
}

bool startsWithNoCase(std::string_view text, std::string_view lowerPrefix) {
  return text.size() >= lowerPrefix.size() &&
         std::equal(lowerPrefix.begin(), lowerPrefix.end(), text.begin(),
                    [](char want, char got) { return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

CurlExchange::CurlExchange(const TransportSettings& settings, const AddressGuard& guard)
    : guard_(guard), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  setConstants(settings);
}

CurlExchange::~CurlExchange() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connectTo_);
}

void CurlExchange::setConstants(const TransportSettings& settings) {
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, errorText_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROXY, "");  // not even one from the environment
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);  // a compressed body is not unpacked, so it cannot explode
  set(CURLOPT_POST, 1L);
  set(CURLOPT_MAXAGE_CONN, kIdleSeconds);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings.caFile.empty()) {
    set(CURLOPT_CAINFO, settings.caFile.c_str());
    // Else the system's directory would still be trusted beside the file.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_OPENSOCKETFUNCTION, &CurlExchange::onOpenSocket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_PREREQFUNCTION, &CurlExchange::onRequest);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &CurlExchange::onHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &CurlExchange::onBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

bool CurlExchange::begin(PendingPost pending) {
  pending_ = std::move(pending);
  progress_ = {};
  errorText_[0] = '\0';
  pinned_ = IpAddress::parse(pending_.request.addresses.empty() ? "" : pending_.request.addresses.front());
  const auto spent =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - pending_.since);
  const auto left = pending_.request.timeout - spent;
  if (!pinned_ || left.count() <= 0) return false;
  setRequest(left);
  return true;
}

void CurlExchange::setRequest(std::chrono::milliseconds left) {
  const auto& request = pending_.request;
  curl_slist_free_all(std::exchange(headers_, nullptr));
  curl_slist_free_all(std::exchange(connectTo_, nullptr));
  // Empty host and port match the one origin that this handle speaks to. The connection cache compares this entry, so
  // a connection is used again only for the address that it was vetted for.
  const std::string entry = "::" + bracketed(*pinned_) + ":" + std::to_string(request.target.port);
  connectTo_ = curl_slist_append(nullptr, entry.c_str());
  headers_ = curl_slist_append(nullptr, "Expect:");  // never wait for a 100 Continue
  for (const auto& [name, value] : request.headers) {
    headers_ = curl_slist_append(headers_, (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_URL, urlOf(request.target).c_str());
  curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connectTo_);
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
}

curl_socket_t CurlExchange::onOpenSocket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const auto& target = exchange.pending_.request.target;
  const auto actual = IpAddress::of(&address->addr);
  if (!actual || actual != exchange.pinned_) {
    exchange.progress_.vetoed = "The connection was about to go to another address than the one that was checked.";
  } else if (auto refused = exchange.guard_.refuse(target.host, *actual, target.port)) {
    exchange.progress_.vetoed = *std::move(refused);
  } else {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
  return CURL_SOCKET_BAD;
}

int CurlExchange::onRequest(void* self, char* /*address*/, char* /*local*/, int /*port*/, int /*localPort*/) {
  static_cast<CurlExchange*>(self)->progress_.requestBegan = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlExchange::onHeader(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  auto& progress = exchange.progress_;
  const std::string_view line(data, size * count);
  progress.headerBytes += line.size();
  if (progress.headerBytes > kMaxHeaderBytes) {
    progress.headersTooLong = true;
    return 0;
  }
  if (progress.headersDone) return line.size();  // trailers
  constexpr std::string_view kRetryAfter = "retry-after:";
  if (startsWithNoCase(line, "http/")) {
    progress.answer.retryAfter.clear();
  } else if (startsWithNoCase(line, kRetryAfter)) {
    progress.answer.retryAfter = trimmed(line.substr(kRetryAfter.size()));
  } else if (trimmed(line).empty()) {
    long status = 0;
    curl_easy_getinfo(exchange.easy_, CURLINFO_RESPONSE_CODE, &status);
    progress.headersDone = status >= kFinalStatus || status == kSwitchingProtocols;
  }
  return line.size();
}

std::size_t CurlExchange::onBody(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& progress = static_cast<CurlExchange*>(self)->progress_;
  const std::size_t bytes = size * count;
  auto& excerpt = progress.answer.excerpt;
  excerpt.append(data, std::min(bytes, kExcerptBytes - excerpt.size()));
  progress.bodyBytes += bytes;
  return progress.bodyBytes > kMaxBodyBytes ? 0 : bytes;
}

}  // namespace lull::net
