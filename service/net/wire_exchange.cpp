#include "wire_exchange.hpp"

#include <algorithm>
#include <utility>

namespace lull::net {

namespace {

constexpr int kFirstError = 400;

std::vector<IpAddress> parsed(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  addresses.reserve(texts.size());
  for (const auto& text : texts) {
    if (const auto address = IpAddress::parse(text)) addresses.push_back(*address);
  }
  return addresses;
}

AnswerLimits limitsOf(const WireRequest& asked) {
  auto limits = asked.limits;
  if (asked.request.wantsBody) limits.excerptBytes = limits.bodyBytes;
  return limits;
}

}  // namespace

WireExchange::WireExchange(WireParts& parts, WireRequest asked, Ended ended)
    : parts_(parts),
      asked_(std::move(asked)),
      ended_(std::move(ended)),
      origin_(originOf(asked_.request.target)),
      addresses_(parsed(asked_.request.addresses)),
      reader_(limitsOf(asked_)) {}

void WireExchange::begin() {
  const auto self = shared_from_this();
  if (addresses_.empty()) return fail(Failure::Connect, "There is no address to connect to.");
  const auto end = asked_.since + asked_.request.timeout;
  if (end <= std::chrono::steady_clock::now()) return late();
  deadline_ = parts_.timers.at(end, [this] { late(); });
  if (asked_.request.target.tls) trusted_ = parts_.trusted();
  connection_ = parts_.kept.take(origin_, addresses_);
  if (!connection_) return connect();
  connection_->use(this);
  send();
}

void WireExchange::connect() {
  stage_ = Stage::Connecting;
  connector_ = std::make_shared<WireConnector>(parts_, asked_.request.target, origin_);
  connector_->start(parts_.routes.ordered(origin_, addresses_),
                    [this](WireConnector::Ended ended) { connected(std::move(ended)); });
}

void WireExchange::connected(WireConnector::Ended ended) {
  const auto self = shared_from_this();
  connector_.reset();
  if (!ended.connection) return fail(ended.failure, std::move(ended.error));
  connection_ = std::move(ended.connection);
  connection_->use(this);
  const auto& target = asked_.request.target;
  if (!target.tls) return send();
  connection_->startTls(trusted_, target.host);
  stage_ = Stage::Handshake;
  handshake();
}

void WireExchange::handshake() {
  const auto io = connection_->handshake();
  switch (io.kind) {
    case WireIo::Kind::Done:
      return send();
    case WireIo::Kind::NotYet:
      return await(io);
    default:
      return fail(Failure::Tls, "TLS with " + asked_.request.target.host + " failed: " +
                                    (io.error.empty() ? "the connection ended within the handshake" : io.error) + ".");
  }
}

void WireExchange::send() {
  stage_ = Stage::Sending;
  if (!connection_->kept() && !isQuiet()) return;
  if (out_.empty()) {
    out_ = wireRequest(asked_.method, asked_.request);
    asked_.request.body = {};
  }
  sent_ = 0;
  began_ = true;
  write();
}

/// Bytes that come on a new connection before the request was sent are no answer to it. Returns false when that ended
/// the exchange.
bool WireExchange::isQuiet() {
  const auto io = connection_->read(parts_.scratch.data(), parts_.scratch.size());
  if (io.kind == WireIo::Kind::NotYet) return true;
  if (io.kind == WireIo::Kind::Done) {
    take({parts_.scratch.data(), io.bytes});
  } else {
    ended(io);
  }
  return connection_ != nullptr;
}

/// A usual request is sent in one piece. A large one is sent in several, and before each the exchange looks for an
/// early answer: bytes that are there by then were sent before the receiver had the whole request.
void WireExchange::write() {
  constexpr std::size_t kPiece = 128UL * 1024;
  const auto current = connection_;
  for (std::size_t unheard = sent_; sent_ < out_.size() && !cannotWrite_;) {
    if (unheard > 0) {
      read();
      if (connection_ != current) return;
      unheard = 0;
    }
    const auto io = current->write(std::string_view(out_).substr(sent_, kPiece));
    if (io.kind == WireIo::Kind::NotYet) {
      await(io);
      break;
    }
    // The receiver may have answered before it closed, so the exchange reads what is there.
    if (io.kind != WireIo::Kind::Done) cannotWrite_ = true;
    sent_ += io.bytes;
    unheard += io.bytes;
  }
  if (sent_ == out_.size()) stage_ = Stage::Answering;
  if (cannotWrite_) return read();
  connection_->awaitReadable();
}

void WireExchange::readable(WireConnection& /*connection*/) {
  const auto self = shared_from_this();
  if (stage_ == Stage::Handshake) return handshake();
  read();
}

void WireExchange::writable(WireConnection& /*connection*/) {
  const auto self = shared_from_this();
  if (stage_ == Stage::Handshake) return handshake();
  if (stage_ == Stage::Sending) return write();
  read();
}

void WireExchange::read() {
  while (connection_) {
    const auto io = connection_->read(parts_.scratch.data(), parts_.scratch.size());
    if (io.kind == WireIo::Kind::NotYet && !cannotWrite_) return await(io);
    if (io.kind != WireIo::Kind::Done) return ended(io);
    take({parts_.scratch.data(), io.bytes});
  }
}

void WireExchange::take(std::string_view bytes) {
  const bool whole = stage_ == Stage::Answering;
  reader_.feed(bytes);
  if (!whole && !reader_.untouched()) early_ = true;
  judge();
}

/// Ends the exchange when what was read so far is enough.
void WireExchange::judge() {
  switch (reader_.state()) {
    case AnswerReader::State::NotHttp:
      return fail(Failure::Protocol, "The answer is not valid HTTP.");
    case AnswerReader::State::TooLong:
      return fail(Failure::Protocol, "The answer's headers are longer than 32 KiB.");
    case AnswerReader::State::Whole:
      return answer();
    case AnswerReader::State::Body:
      if (early_ && reader_.status() < kFirstError) answer();
      return;
    case AnswerReader::State::Head:
      return;
  }
}

/// Handles the end of the connection. The status counts once the head is whole, even when the body was cut.
void WireExchange::ended(const WireIo& io) {
  if (io.kind == WireIo::Kind::Closed) reader_.closed();
  if (reader_.statusCounts()) return answer();
  if (mayGoOutAgain()) {
    again_ = true;
    cannotWrite_ = false;
    dropConnection();
    return connect();
  }
  if (io.tls) return fail(Failure::Tls, "TLS with " + asked_.request.target.host + " failed: " + io.error + ".");
  fail(Failure::Reset, "The receiver closed the connection before it had answered.");
}

bool WireExchange::mayGoOutAgain() const {
  return connection_->kept() && !again_ && !reader_.anyByte();
}

/// An answer that came before the receiver had the whole request cannot prove a success, but it can prove a refusal.
void WireExchange::answer() {
  if (early_ && reader_.status() < kFirstError) {
    return fail(Failure::Protocol, "The receiver answered before it had read the whole request.");
  }
  ports::HttpAnswer result;
  result.status = reader_.status();
  result.retryAfter = reader_.retryAfter();
  result.excerpt = reader_.excerpt().substr(0, asked_.limits.excerptBytes);
  if (asked_.request.wantsBody && reader_.complete()) result.body = reader_.excerpt();
  parts_.routes.answered(origin_, connection_->address());
  if (reader_.keepsConnection() && !early_ && sent_ == out_.size()) {
    parts_.kept.put(std::exchange(connection_, nullptr));
  }
  finish(std::move(result));
}

void WireExchange::late() {
  const auto self = shared_from_this();
  const std::string limit = std::to_string(asked_.request.timeout.count()) + " ms";
  if (began_) return fail(Failure::Timeout, "No whole answer came within " + limit + ".");
  if (stage_ == Stage::Handshake) {
    return fail(Failure::Timeout, "The TLS handshake with " + place() + " did not end within " + limit + ".");
  }
  fail(Failure::Connect, "No connection to " + place() + " stood within " + limit + ".");
}

void WireExchange::abandon() {
  const auto self = shared_from_this();
  if (began_) return fail(Failure::CutOff, "Lull stopped before the answer came.");
  fail(Failure::Cancelled, "Lull stopped before the request began.");
}

void WireExchange::fail(Failure failure, std::string error) {
  if (connection_) parts_.routes.failed(origin_, connection_->address());
  ports::HttpAnswer result;
  result.failure = failure;
  result.error = std::move(error);
  finish(std::move(result));
}

void WireExchange::finish(ports::HttpAnswer answer) {
  deadline_.cancel();
  if (connector_) std::exchange(connector_, nullptr)->stop();
  dropConnection();
  answer.duration = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - asked_.since);
  const auto done = std::move(asked_.done);
  ended_(*this);
  done(std::move(answer));
}

void WireExchange::dropConnection() {
  if (connection_) std::exchange(connection_, nullptr)->close();
}

void WireExchange::await(const WireIo& io) {
  if (io.wantsWrite) {
    connection_->awaitWritable();
  } else {
    connection_->awaitReadable();
  }
}

/// Returns the address that is tried first.
std::string WireExchange::place() const {
  if (addresses_.empty()) return "the receiver";
  return placeOf(addresses_.front(), asked_.request.target.port);
}

}  // namespace lull::net
