#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/curl_transport.hpp>
#include <lull/net/ip_address.hpp>
#include <lull/ports/transport.hpp>

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace lull::net {

/// A request as it was handed to post().
struct PendingPost {
  ports::HttpPost request;
  ports::Transport::Callback done;
  std::chrono::steady_clock::time_point since;
};

/// One easy handle and the request that it carries. Handles are used again for later requests, so what is the same for
/// all is set once. Belongs to the transport's thread.
class CurlExchange {
 public:
  CurlExchange(const TransportSettings& settings, const AddressGuard& guard);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  CURL* handle() const { return easy_; }
  /// Prepares the handle; false when the address is no IP literal or the deadline has already passed. Then, as after a
  /// transfer, finish() follows.
  bool begin(PendingPost pending);
  /// Calls `done` with what came of it and leaves the exchange ready for another begin().
  void finish(CURLcode code);
  /// The same when the transport stops before the transfer ended.
  void abandon();

 private:
  struct Progress {
    std::size_t headerBytes = 0;
    std::size_t bodyBytes = 0;
    bool requestBegan = false;  // a connection stood and the request went out on it
    bool headersDone = false;   // a whole final header block was read
    bool headersTooLong = false;
    std::string vetoed;  // why the guard refused the socket
    ports::HttpAnswer answer;
  };

  void setConstants(const TransportSettings& settings);
  void setRequest(std::chrono::milliseconds left);
  void deliver();
  bool statusCounts(CURLcode code) const;
  void explain(CURLcode code);
  std::string place() const;

  static curl_socket_t onOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int onRequest(void* self, char*, char*, int, int);
  static std::size_t onHeader(const char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t onBody(const char* data, std::size_t size, std::size_t count, void* self);

  const AddressGuard& guard_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;    // owned; curl reads it until the transfer ends
  curl_slist* connectTo_ = nullptr;  // owned
  std::array<char, CURL_ERROR_SIZE> errorText_{};
  std::optional<IpAddress> pinned_;
  PendingPost pending_;
  Progress progress_;
};

}  // namespace lull::net
