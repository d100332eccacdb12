#pragma once

#include "amqp_peer.hpp"

#include <proton/delivery.hpp>
#include <proton/io/connection_driver.hpp>
#include <proton/message.hpp>
#include <proton/messaging_handler.hpp>
#include <proton/receiver.hpp>

#include <memory>
#include <string>
#include <vector>

struct ssl_st;

namespace lull::testing {

/// One connection of the peer, on the peer's thread.
class PeerConnection final : private proton::messaging_handler {
 public:
  PeerConnection(AmqpPeer& peer, int socket);
  ~PeerConnection() override;
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  int socket() const { return socket_; }
  /// Reads what came and answers. False: the connection is over.
  bool turn();

 private:
  void on_connection_open(proton::connection& connection) override;
  void on_receiver_open(proton::receiver& link) override;
  void on_receiver_close(proton::receiver& link) override;
  void on_message(proton::delivery& delivery, proton::message& message) override;
  void on_error(const proton::error_condition&) override {}

  bool read();
  void login();
  void write(const std::string& bytes);
  void letIn();

  AmqpPeer& peer_;
  const int socket_;
  std::string came_;
  enum class Stage { Header, Login, Open } stage_ = Stage::Header;
  bool over_ = false;
  std::vector<proton::receiver> dry_;
  std::vector<proton::delivery> held_;
  const std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
  proton::io::connection_driver driver_;
};

}  // namespace lull::testing
