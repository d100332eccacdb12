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

struct WireAnswer : ports::HttpAnswer {
  bool complete = false;  ///< the excerpt is the whole body, which came to its end
};

/// A request as it was handed over.
struct WireRequest {
  ports::HttpPost request;
  std::function<void(WireAnswer)> done;
  WireTime since;
  HttpMethod method = HttpMethod::Post;
  AnswerLimits limits{};
};

/// One request and its answer: a kept connection or a new one, the handshake, the request, the answer. It goes out
/// again at most once, on a new connection, and only when a kept one ended before any byte of an answer. Belongs to the
/// loop's thread.
class WireExchange final : public WireUser, public std::enable_shared_from_this<WireExchange> {
 public:
  /// `ended` is called before the answer is handed over, so that the owner lets it go.
  using Ended = std::function<void(WireExchange&)>;

  WireExchange(WireParts& parts, WireRequest asked, Ended ended);

  void begin();
  /// The transport stops: answers now.
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
  void finish(WireAnswer answer);
  void dropConnection();
  void await(const WireIo& io);
  std::string place() const;

  WireParts& parts_;
  WireRequest asked_;
  const Ended ended_;
  const std::string origin_;
  std::vector<IpAddress> addresses_;
  std::shared_ptr<TlsContext> trusted_;  // of https: whom to believe
  WireTimers::Handle deadline_;
  std::shared_ptr<WireConnector> connector_;
  std::shared_ptr<WireConnection> connection_;
  Stage stage_ = Stage::Connecting;
  std::string out_;       // the request as it goes out
  std::size_t sent_ = 0;  // of out_, on this connection
  bool began_ = false;    // some of the request went out, on this connection or the one before
  bool again_ = false;    // it is on its way for the second time
  bool early_ = false;    // a part of the answer came before the whole request was out
  bool cannotWrite_ = false;
  AnswerReader reader_;
};

}  // namespace lull::net
