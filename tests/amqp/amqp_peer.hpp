#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct ssl_ctx_st;

namespace lull::testing {

/// A broker of the tests' own on loopback, for what no real one does when it is asked to. It lets in `lull` with the
/// password `hare-and-hounds` by SASL PLAIN. What a queue does with messages is said by its name up to the first dot:
/// `rejects` (by what the name says behind the dot, else amqp:not-allowed), `full` (amqp:resource-limit-exceeded),
/// `releases`, `modifies`, `missing` (no link: amqp:not-found), `dry` (no credit), `keeps` (nothing is settled),
/// `small` (1,000 bytes at most), `closes` (the link, at the first message, with amqp:internal-error), `detaches` (the
/// link after each message, as Azure does when idle), `leaves` (ends the session at the first message, without an
/// error), `sheds` (closes the first link at its third message, without a reason), `drops` (closes the link at each
/// message, with amqp:link:detach-forced), `chokes` (ends the connection at a message that is named msg_bad), `holds`
/// (settles by settle() only); any other accepts. Thread-safe.
class AmqpPeer {
 public:
  /// With TLS where there is a PEM file with a certificate and its key, which clients must show as well.
  explicit AmqpPeer(const std::string& pem = {});
  ~AmqpPeer();
  AmqpPeer(const AmqpPeer&) = delete;
  AmqpPeer& operator=(const AmqpPeer&) = delete;

  std::uint16_t port() const { return port_; }
  struct Read {
    std::string queue;
    std::string id;
    std::string contentType;
    std::string body;
    bool inferred = false;  ///< the body is a data section, and not a value
    bool durable = false;
    std::int64_t creationTime = 0;
    std::map<std::string, std::string> properties;
  };
  /// The messages that came, of this queue, in their order.
  std::vector<Read> of(const std::string& queue) const;
  /// The queues into which links were attached, with the capabilities that were asked for.
  std::map<std::string, std::vector<std::string>> attached() const;
  /// Links into this queue so far.
  int links(const std::string& queue) const;
  /// Links into this queue that neither side has closed.
  int openLinks(const std::string& queue) const;
  /// What it says of itself on connections that come from now on, as brokers do.
  void introduce(const std::string& product, const std::string& version);
  /// Connections so far.
  int connections() const { return connections_; }

  /// While it is silent it reads nothing and writes nothing; so it is when this returns.
  void setSilent(bool silent);
  /// Ends all connections.
  void cut();
  /// Gives the `dry` queues credit, from now on.
  void wet();
  /// Accepts what the `holds` queues hold, and what comes from now on.
  void settle();

 private:
  friend class PeerConnection;
  void run();
  void wake() const;

  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> silent_{false};
  std::atomic<bool> isSilent_{false};  // the thread has seen it
  std::atomic<bool> cut_{false};
  std::atomic<bool> wet_{false};
  std::atomic<bool> settles_{false};
  const std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> tls_;
  mutable std::mutex mutex_;
  std::vector<Read> reads_;                                   // protected by mutex_
  std::map<std::string, std::vector<std::string>> attached_;  // protected by mutex_
  std::map<std::string, int> links_;                          // protected by mutex_
  std::map<std::string, int> closedLinks_;                    // protected by mutex_
  std::map<std::string, std::string> introduction_;           // protected by mutex_
  std::thread thread_;
};

}  // namespace lull::testing
