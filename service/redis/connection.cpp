#include "connect.hpp"
#include "tls.hpp"

#include <lull/redis/connection.hpp>

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <deque>
#include <mutex>
#include <utility>

namespace lull::redis {

namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

timeval timevalOf(Millis span) {
  timeval value{};
  value.tv_sec = static_cast<time_t>(span.count() / 1000);
  value.tv_usec = static_cast<suseconds_t>(span.count() % 1000 * 1000);
  return value;
}

Error unavailable(std::string message) {
  return {ErrorCode::Unavailable, std::move(message)};
}

// Waiting does not help: an operator has to correct a setting.
Error refused(std::string message) {
  return {ErrorCode::Conflict, std::move(message)};
}

Reply ownedReply(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_NIL:
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::Integer;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::Array;
      reply.items.reserve(raw.elements);
      for (std::size_t i = 0; i < raw.elements; ++i) reply.items.push_back(ownedReply(*raw.element[i]));
      break;
    default:  // RESP2 has no other kinds, and RESP3 is never asked for.
      reply.kind = raw.type == REDIS_REPLY_ERROR    ? Reply::Kind::Error
                   : raw.type == REDIS_REPLY_STATUS ? Reply::Kind::Status
                                                    : Reply::Kind::String;
      reply.text.assign(raw.str, raw.len);
  }
  return reply;
}

// hiredis writes without MSG_NOSIGNAL. So SIGPIPE is blocked on this thread meanwhile, and one that is raised is
// consumed.
int writeSome(redisContext& context, int& done) {
  sigset_t pipeOnly;
  sigset_t before;
  sigemptyset(&pipeOnly);
  sigaddset(&pipeOnly, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipeOnly, &before);
  const int outcome = redisBufferWrite(&context, &done);
  const int reason = errno;
  if (outcome != REDIS_OK) {
    const timespec atOnce{};
    sigtimedwait(&pipeOnly, nullptr, &atOnce);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = reason;
  return outcome;
}

void append(redisContext& context, const Command& command) {
  thread_local std::vector<const char*> words;
  thread_local std::vector<std::size_t> lengths;
  words.clear();
  lengths.clear();
  for (const auto& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  redisAppendCommandArgv(&context, static_cast<int>(words.size()), words.data(), lengths.data());
}

class HiredisConnection final : public Connection {
 public:
  HiredisConnection(Context context, std::string where, Millis timeout)
      : context_(std::move(context)), where_(std::move(where)), timeout_(timeout) {}

  Result<std::vector<Reply>> pipeline(std::span<const Command> commands) override {
    if (!batches_.empty()) {
      return Error{ErrorCode::Internal, "A pipeline was started before the replies of an earlier send were received."};
    }
    if (auto sent = send(commands); !sent) return std::move(sent).error();
    return receive();
  }

  Status send(std::span<const Command> commands) override {
    if (!context_) return closed();
    for (const auto& command : commands) append(*context_, command);
    int done = commands.empty() ? 1 : 0;
    while (done == 0) {
      if (context_->err != 0 || writeSome(*context_, done) != REDIS_OK) return lost();
    }
    batches_.push_back(commands.size());
    return Done{};
  }

  Result<std::vector<Reply>> receive() override {
    if (!context_) return closed();
    if (batches_.empty()) return Error{ErrorCode::Internal, "Replies were awaited that nothing was sent for."};
    std::vector<Reply> replies(batches_.front());
    batches_.pop_front();
    for (auto& reply : replies) {
      void* raw = nullptr;
      if (redisGetReply(context_.get(), &raw) != REDIS_OK) return lost();
      reply = ownedReply(*static_cast<redisReply*>(raw));
      freeReplyObject(raw);
    }
    return replies;
  }

  Result<std::optional<Reply>> await(Millis most) override {
    if (!context_) return closed();
    batches_.clear();  // nobody receives the answers to what was sent
    const auto until = std::chrono::steady_clock::now() + most;
    while (true) {
      void* raw = nullptr;
      if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) return lost();
      if (raw != nullptr) {
        auto reply = ownedReply(*static_cast<redisReply*>(raw));
        freeReplyObject(raw);
        return std::optional(std::move(reply));
      }
      const auto left = std::chrono::ceil<Millis>(until - std::chrono::steady_clock::now());
      if (left <= Millis{0}) return std::optional<Reply>();
      pollfd readable{context_->fd, POLLIN, 0};
      const auto ready = ::poll(&readable, 1, static_cast<int>(left.count()));
      if (ready < 0 && errno != EINTR) return lost();
      if (ready > 0 && redisBufferRead(context_.get()) != REDIS_OK) return lost();
    }
  }

  void interrupt() override {
    const std::lock_guard guard(closing_);
    if (context_) ::shutdown(context_->fd, SHUT_RDWR);
  }

  bool usable() const override {
    if (!context_) return false;
    // A server that went away while the connection was idle has left an end-of-file or an error in the socket.
    char byte = 0;
    const auto got = ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

 private:
  Error closed() const {
    return unavailable("The connection to Redis at " + where_ + " is closed; a new one is needed.");
  }

  // Closes the connection: the commands may have been done or not, and a late answer must never be taken for the answer
  // to another command.
  Error lost() {
    const int reason = errno;
    std::string why = context_->errstr;
    if (context_->err == REDIS_ERR_IO && (reason == EAGAIN || reason == EWOULDBLOCK)) {
      why = "no answer within " + std::to_string(timeout_.count()) + " ms";
    }
    {
      const std::lock_guard guard(closing_);
      context_.reset();
    }
    batches_.clear();
    return unavailable("The connection to Redis at " + where_ + " was lost (" + why +
                       "), so it is unknown whether the last commands were done. Check that Redis runs and is not "
                       "overloaded; Lull connects again by itself.");
  }

  std::mutex closing_;  // held by who changes context_, and by other threads that look at it
  Context context_;     // null once closed
  const std::string where_;
  const Millis timeout_;
  std::deque<std::size_t> batches_;  // how many replies each send() still has to get, oldest first
};

Result<Context> connect(const Address& address, Millis timeout) {
  if (address.unixPath.size() >= sizeof(sockaddr_un::sun_path)) {
    return unavailable("The path of the Redis socket " + address.unixPath +
                       " is too long: Linux allows 107 bytes. Use a shorter one.");
  }
  const timeval limit = timevalOf(timeout);
  Context context(address.unixPath.empty() ? redisConnectWithTimeout(address.host.c_str(), address.port, limit)
                                           : redisConnectUnixWithTimeout(address.unixPath.c_str(), limit));
  if (!context) return unavailable("There is no memory for a connection to Redis.");
  if (context->err != 0) {
    return unavailable("Redis at " + address.describe() + " cannot be reached: " + context->errstr +
                       ". Start it there, or correct Redis:ConnectionString.");
  }
  // hiredis opens the socket without it, and a managed redis-server must not inherit our connections.
  ::fcntl(context->fd, F_SETFD, FD_CLOEXEC);
  redisSetTimeout(context.get(), limit);
  if (address.unixPath.empty()) redisEnableKeepAlive(context.get());  // hiredis has set TCP_NODELAY already.
  if (address.tls) {
    if (auto secured = startTls(*context, address); !secured) return std::move(secured).error();
  }
  return context;
}

// The sentence that says what to do about the first log-in command that was refused.
Error refusal(const Address& address, const std::string& verb, const std::string& text) {
  const std::string where = "Redis at " + address.describe();
  if (text.starts_with("LOADING")) return unavailable(where + " is still loading its data; wait until it has.");
  if (text.starts_with("ERR max number of clients")) {
    return unavailable(where + " has as many clients as it may (maxclients): raise the limit, or end other clients.");
  }
  if (verb == "AUTH" || text.starts_with("NOAUTH") || text.starts_with("WRONGPASS")) {
    return refused(where + " refused the log-in (" + text +
                   "). Correct the user and password in Redis:ConnectionString.");
  }
  if (verb == "SELECT") {
    return refused(where + " has no database " + std::to_string(address.database) + " for Lull (" + text +
                   "). Correct the database in Redis:ConnectionString.");
  }
  return unavailable(where + " answers with an error: " + text);
}

}  // namespace

Status logIn(Connection& connection, const Address& address) {
  std::vector<Command> commands;
  if (!address.password.empty()) {
    commands.push_back(address.user.empty() ? Command{"AUTH", address.password}
                                            : Command{"AUTH", address.user, address.password});
  }
  if (address.database != 0) commands.push_back({"SELECT", std::to_string(address.database)});
  commands.push_back({"PING"});
  const auto replies = connection.pipeline(commands);
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Reply& reply = (*replies)[i];
    // A user without the right to PING may still have all that Lull needs.
    if (!reply.isError() || reply.text.starts_with("NOPERM")) continue;
    return refusal(address, commands[i].front(), reply.text);
  }
  return Done{};
}

std::string Address::describe() const {
  if (!unixPath.empty()) return "unix:" + unixPath;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::unique_ptr<Connection>> connectOnly(const Address& address, Millis timeout) {
  auto context = connect(address, timeout);
  if (!context) return std::move(context).error();
  return std::unique_ptr<Connection>(
      std::make_unique<HiredisConnection>(std::move(*context), address.describe(), timeout));
}

Result<std::unique_ptr<Connection>> Connection::open(const Address& address, Millis timeout) {
  auto connection = connectOnly(address, timeout);
  if (!connection) return connection;
  if (auto ready = logIn(**connection, address); !ready) return unavailable(std::move(ready).error().message);
  return connection;
}

Result<Reply> Connection::call(const Command& command) {
  auto replies = pipeline({&command, 1});
  if (!replies) return std::move(replies).error();
  return std::move(replies->front());
}

}  // namespace lull::redis
