#pragma once

#include "answer_reader.hpp"
#include "wire_connection.hpp"
#include "wire_connector.hpp"
#include "wire_parts.hpp"
#include "wire_request.hpp"

#include <lull/ports/transport.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lull::net {

/// A request as the caller handed it over.
struct WireRequest {
  ports::HttpRequest request;
  ports::Transport::Callback done;
  WireTime since;
  HttpMethod method = HttpMethod::Post;
  AnswerLimits limits{};
};

/// Runs one request until its answer: takes a kept connection or makes a new one, shakes hands, sends the request and
/// reads the answer. It sends the request again at most once, on a new connection, and only when a kept one ended
/// before any byte of an answer. Belongs to the loop's thread.
class WireExchange final : public WireUser, public std::enable_shared_from_this<WireExchange> {
 public:
  /// `ended` is called before the answer is handed over, so that the owner can release the exchange.
  using Ended = std::function<void(WireExchange&)>;

  WireExchange(WireParts& parts, WireRequest asked, Ended ended);

  void begin();
  /// Answers now, because the transport stops.
  void abandon();

  void readable(WireConnection& connection) override;
  void writable(WireConnection& connection) override;

 private:
  using Failure = ports::TransportFailure;
  enum class Stage { Connecting, Handshake, Sending, Answering };

  void connect();
  void connected(WireConnector::Ended ended);
  void handshake();
  void send();
  bool isQuiet();
  void write();
  void read();
  void take(std::string_view bytes);
  void ended(const WireIo& io);
  bool mayGoOutAgain() const;
  void judge();
  void answer();
  void late();
  void fail(Failure failure, std::string error);
  void finish(ports::HttpAnswer answer);
  void dropConnection();
  void await(const WireIo& io);
  std::string place() const;

  WireParts& parts_;
  WireRequest asked_;
  const Ended ended_;
  const std::string origin_;
  std::vector<IpAddress> addresses_;
  std::shared_ptr<TlsContext> trusted_;  // the trusted authorities, for https
  WireTimers::Handle deadline_;
  std::shared_ptr<WireConnector> connector_;
  std::shared_ptr<WireConnection> connection_;
  Stage stage_ = Stage::Connecting;
  std::string out_;       // the request as bytes
  std::size_t sent_ = 0;  // how much of out_ was sent on this connection
  bool began_ = false;    // part of the request was sent, on this connection or the one before
  bool again_ = false;    // the request is being sent for the second time
  bool early_ = false;    // a part of the answer came before the whole request was out
  bool cannotWrite_ = false;
  AnswerReader reader_;
};

}  // namespace lull::net
