#include <lull/redis/managed_server.hpp>
#include <lull/redis/server_check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <thread>

namespace lull::redis {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

bool alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

class ManagedServerTest : public ::testing::Test {
 protected:
  ManagedServerTest() {
    std::string pattern = "/tmp/lull-managed-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    settings_.dataDirectory = root_ / "data";
  }
  ~ManagedServerTest() override {
    if (leftOver_ > 0) ::kill(leftOver_, SIGKILL);
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  std::unique_ptr<ManagedServer> mustStart() const {
    auto started = ManagedServer::start(settings_);
    EXPECT_TRUE(started.ok()) << started.error().message;
    const auto loaded = (*started)->awaitLoaded();
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    return std::move(*started);
  }
  // Returns the error of the start, or of the loading after it.
  std::string refusal() const {
    const auto started = ManagedServer::start(settings_);
    if (!started.ok()) return started.error().message;
    const auto loaded = (*started)->awaitLoaded();
    EXPECT_FALSE(loaded.ok());
    return loaded.ok() ? "" : loaded.error().message;
  }

  // Makes what a kill -9 of Lull leaves behind: a process of its own starts the server, writes, and is killed.
  enum class Behind { Loaded, Loading };
  pid_t leaveServerBehind(Behind behind = Behind::Loaded) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t lull = ::fork();
    if (lull == 0) {
      auto server = ManagedServer::start(settings_);
      const bool up = server.ok() && (behind == Behind::Loading || (*server)->awaitLoaded().ok());
      pid_t pid = up ? (*server)->pid() : 0;
      if (pid > 0 && behind == Behind::Loaded) static_cast<void>(call(**server, {"SET", "kept", "yes"}));
      if (::write(ready[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
      for (;;) ::pause();
    }
    EXPECT_EQ(::read(ready[0], &leftOver_, sizeof leftOver_), static_cast<ssize_t>(sizeof leftOver_));
    ::close(ready[0]);
    ::close(ready[1]);
    ::kill(lull, SIGKILL);
    ::waitpid(lull, nullptr, 0);
    EXPECT_GT(leftOver_, 0);
    return leftOver_;
  }

  static Reply call(const ManagedServer& server, const Command& command) {
    auto connection = Connection::open(server.address(), 2000ms);
    if (!connection) return {Reply::Kind::Error, 0, connection.error().message, {}};
    auto reply = (*connection)->call(command);
    return reply ? std::move(*reply) : Reply{Reply::Kind::Error, 0, reply.error().message, {}};
  }
  static std::string setting(const ManagedServer& server, const std::string& name) {
    const Reply reply = call(server, {"CONFIG", "GET", name});
    return reply.items.size() == 2 ? reply.items[1].text : reply.text;
  }
  static bool awaitAnswer(const ManagedServer& server, pid_t notFrom) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      if (server.pid() != notFrom && !call(server, {"PING"}).isError()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  fs::path root_;
  ManagedServerSettings settings_;
  pid_t leftOver_ = 0;
};

TEST_F(ManagedServerTest, RunsDurablyOnAUnixSocketOfItsOwnAndNowhereElse) {
  const auto server = mustStart();
  EXPECT_FALSE(server->adopted());
  EXPECT_EQ(setting(*server, "port"), "0");
  EXPECT_EQ(setting(*server, "appendonly"), "yes");
  EXPECT_EQ(setting(*server, "appendfsync"), "always");
  EXPECT_EQ(setting(*server, "maxmemory-policy"), "noeviction");
  EXPECT_EQ(setting(*server, "save"), "");
  const auto connection = Connection::open(server->address(), 2000ms).value();
  EXPECT_THAT(checkServer(*connection, false).value().problems, ::testing::IsEmpty());
  EXPECT_NE(::getsid(server->pid()), ::getsid(0)) << "Ctrl-C in our terminal must not reach it";
}

TEST_F(ManagedServerTest, HoldsNoMoreThanItMayAndEvictsNothing) {
  settings_.maxMemory = 4U << 20;
  const auto server = mustStart();
  EXPECT_EQ(setting(*server, "maxmemory"), "4194304");
  Reply last;
  for (int i = 0; i < 64 && !last.isError(); ++i) {
    last = call(*server, {"SET", std::to_string(i), std::string(100'000, 'x')});
  }
  EXPECT_THAT(last.text, HasSubstr("OOM"));
  EXPECT_EQ(call(*server, {"STRLEN", "0"}).integer, 100'000);
}

TEST_F(ManagedServerTest, NobodyElseMayReadWhatItKeeps) {
  const auto server = mustStart();
  ASSERT_FALSE(call(*server, {"SET", "k", "v"}).isError());
  int seen = 0;
  const auto check = [&seen](const fs::path& path) {
    struct stat facts {};
    ASSERT_EQ(::lstat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 077U, 0U) << path;
    ++seen;
  };
  check(settings_.dataDirectory);
  for (const auto& entry : fs::recursive_directory_iterator(settings_.dataDirectory)) check(entry.path());
  EXPECT_GE(seen, 6) << "directory, two locks, socket, log, append-only files";
}

TEST_F(ManagedServerTest, ASecondLullOnTheSameDirectoryIsRefused) {
  const auto server = mustStart();
  const auto second = ManagedServer::start(settings_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_THAT(second.error().message, AllOf(HasSubstr("another Lull (process " + std::to_string(::getpid()) + ")"),
                                            HasSubstr("DataDirectory")));
  EXPECT_FALSE(call(*server, {"PING"}).isError()) << "the refused one must not harm it";
}

TEST_F(ManagedServerTest, StopEndsTheServerAndTheNextStartFindsTheData) {
  auto server = mustStart();
  const pid_t pid = server->pid();
  ASSERT_FALSE(call(*server, {"SET", "k", "v"}).isError());
  server->stop();
  EXPECT_FALSE(alive(pid));
  server->stop();
  server.reset();
  server = mustStart();
  EXPECT_FALSE(server->adopted());
  EXPECT_EQ(call(*server, {"GET", "k"}).text, "v");
}

TEST_F(ManagedServerTest, AServerThatDiesIsStartedAgainWithItsData) {
  const auto server = mustStart();
  ASSERT_FALSE(call(*server, {"SET", "k", "v"}).isError());
  for (int i = 0; i < 2; ++i) {
    const pid_t before = server->pid();
    ASSERT_EQ(::kill(before, SIGKILL), 0);
    ASSERT_TRUE(awaitAnswer(*server, before));
    EXPECT_EQ(call(*server, {"GET", "k"}).text, "v");
  }
}

TEST_F(ManagedServerTest, AServerLeftOverByAKilledLullIsAdoptedSupervisedAndStopped) {
  const pid_t leftOver = leaveServerBehind();
  ASSERT_TRUE(alive(leftOver)) << "it must outlive its Lull";
  settings_.appendFsync = "everysec";
  settings_.maxMemory = 50'000'000;
  const auto server = mustStart();
  EXPECT_TRUE(server->adopted());
  EXPECT_EQ(server->pid(), leftOver);
  EXPECT_EQ(call(*server, {"GET", "kept"}).text, "yes");
  EXPECT_EQ(setting(*server, "appendfsync"), "everysec") << "the settings of now hold, not those of its start";
  EXPECT_EQ(setting(*server, "maxmemory"), "50000000");
  ASSERT_EQ(::kill(leftOver, SIGKILL), 0);
  ASSERT_TRUE(awaitAnswer(*server, leftOver));
  EXPECT_EQ(call(*server, {"GET", "kept"}).text, "yes");
  const pid_t restarted = server->pid();
  server->stop();
  EXPECT_FALSE(alive(restarted));
}

TEST_F(ManagedServerTest, AnAdoptedServerIsEndedByStop) {
  leaveServerBehind();
  const auto server = mustStart();
  ASSERT_TRUE(server->adopted());
  server->stop();
  EXPECT_TRUE(call(*server, {"PING"}).isError());
}

TEST_F(ManagedServerTest, TheRemainsOfAServerKilledAlongWithItsLullAreNoObstacle) {
  ::kill(leaveServerBehind(), SIGKILL);
  const auto server = mustStart();
  ASSERT_TRUE(fs::exists(settings_.dataDirectory / "redis.sock"));
  EXPECT_FALSE(server->adopted());
  EXPECT_EQ(call(*server, {"GET", "kept"}).text, "yes");
}

TEST_F(ManagedServerTest, ALeftOverServerThatDoesNotAnswerIsNamedAndNotDoubled) {
  const pid_t leftOver = leaveServerBehind();
  ::kill(leftOver, SIGSTOP);
  settings_.answerTimeout = 100ms;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("process " + std::to_string(leftOver)), HasSubstr("does not answer")));
  ::kill(leftOver, SIGCONT);
  settings_.answerTimeout = 20s;
  EXPECT_TRUE(mustStart()->adopted());
}

TEST_F(ManagedServerTest, ItsGuardEndsTheServerAndLetsNoFurtherOneBegin) {
  const auto server = mustStart();
  const pid_t pid = server->pid();
  settings_.guard->endNow();
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (server->pid() == pid && !call(*server, {"PING"}).isError() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(call(*server, {"PING"}).isError());
  EXPECT_EQ(settings_.guard->start([] { return 1; }), -1);
}

TEST_F(ManagedServerTest, TheGuardKnowsAnAdoptedServer) {
  const pid_t leftOver = leaveServerBehind();
  const auto server = mustStart();
  ASSERT_TRUE(server->adopted());
  settings_.guard->endNow();
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!call(*server, {"PING"}).isError() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(alive(leftOver) && !call(*server, {"PING"}).isError());
}

TEST_F(ManagedServerTest, WaitingForASilentServerCanBeCancelled) {
  ::kill(leaveServerBehind(), SIGSTOP);
  std::stop_source stop;
  auto starting =
      std::async(std::launch::async, [&] { return ManagedServer::start(settings_, stop.get_token()).ok(); });
  stop.request_stop();
  ASSERT_EQ(starting.wait_for(10s), std::future_status::ready);
  EXPECT_FALSE(starting.get());
}

TEST_F(ManagedServerTest, ADirectoryTooDeepForASocketPathWorks) {
  settings_.dataDirectory = root_ / std::string(60, 'a') / std::string(60, 'b') / "with blanks and \"quotes\"";
  auto server = mustStart();
  ASSERT_FALSE(call(*server, {"SET", "k", "v"}).isError());
  server.reset();
  leaveServerBehind();
  server = mustStart();
  EXPECT_TRUE(server->adopted());
  EXPECT_EQ(call(*server, {"GET", "k"}).text, "v");
}

TEST_F(ManagedServerTest, SaysHowToGetAMissingRedisServer) {
  settings_.program = "redis-server-that-nobody-has";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("apt-get install redis-server"), HasSubstr("Redis:ConnectionString")));
}

TEST_F(ManagedServerTest, SaysWhichDirectoryCannotBeUsed) {
  std::ofstream(root_ / "file") << "x";
  settings_.dataDirectory = root_ / "file";
  EXPECT_THAT(refusal(), AllOf(HasSubstr((root_ / "file").string()), HasSubstr("Redis:DataDirectory")));
  settings_.dataDirectory = root_ / "file" / "below";
  EXPECT_THAT(refusal(), HasSubstr("Redis:DataDirectory"));
}

class AppendOnlyFile : public ManagedServerTest {
 protected:
  AppendOnlyFile() {
    const auto server = mustStart();
    for (int i = 0; i < 20; ++i) {
      EXPECT_FALSE(call(*server, {"SET", "key" + std::to_string(i), std::string(100, 'v')}).isError());
    }
    server->stop();
    for (const auto& entry : fs::recursive_directory_iterator(settings_.dataDirectory)) {
      if (entry.path().string().find(".incr.aof") != std::string::npos) file_ = entry.path();
    }
  }
  fs::path file_;
};

TEST_F(AppendOnlyFile, ACutTailCostsTheCutCommandOnly) {
  ASSERT_FALSE(file_.empty());
  fs::resize_file(file_, fs::file_size(file_) - 10);
  const auto server = mustStart();
  EXPECT_EQ(call(*server, {"DBSIZE"}).integer, 19);
}

TEST_F(AppendOnlyFile, DamageInTheMiddleStopsTheStartWithTheReason) {
  ASSERT_FALSE(file_.empty());
  std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(file_) / 2));
  file << std::string(200, '!');
  file.close();
  EXPECT_THAT(refusal(), AllOf(HasSubstr("exit code 1"), HasSubstr("redis-check-aof"), HasSubstr("redis.log")));
}

class LongAppendOnlyFile : public AppendOnlyFile {
 protected:
  // While it loads, Redis looks at its clients after every 1,024 commands: here every half second, for some seconds.
  LongAppendOnlyFile() {
    std::ofstream file(file_, std::ios::app | std::ios::binary);
    for (int i = 0; i < 8'000; ++i) file << "*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$1\r\nv\r\n";
    file.close();
    settings_.program = root_ / "redis-server-that-loads-slowly";
    std::ofstream(settings_.program) << "#!/bin/sh\nexec redis-server \"$@\" --key-load-delay 400\n";
    fs::permissions(settings_.program, fs::perms::owner_all);
  }
};

TEST_F(LongAppendOnlyFile, TheStartReturnsWhileItIsLoadedAndAwaitLoadedWaitsForTheRest) {
  auto server = ManagedServer::start(settings_);
  ASSERT_TRUE(server.ok()) << server.error().message;
  EXPECT_TRUE((*server)->loading());
  const auto loaded = (*server)->awaitLoaded();
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_FALSE((*server)->loading());
  EXPECT_EQ(call(**server, {"DBSIZE"}).integer, 21);
  const pid_t before = (*server)->pid();
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  EXPECT_TRUE(awaitAnswer(**server, before)) << "it is supervised from then on";
}

TEST_F(LongAppendOnlyFile, ALeftOverServerThatStillLoadsIsAdoptedAndWaitedFor) {
  leaveServerBehind(Behind::Loading);
  const auto server = mustStart();
  EXPECT_TRUE(server->adopted());
  EXPECT_EQ(server->pid(), leftOver_);
  EXPECT_EQ(call(*server, {"DBSIZE"}).integer, 21);
}

TEST_F(LongAppendOnlyFile, DamageThatLoadingFindsLateIsAnErrorWithTheReason) {
  std::ofstream(file_, std::ios::app | std::ios::binary) << std::string(200, '!');
  auto server = ManagedServer::start(settings_);
  ASSERT_TRUE(server.ok()) << server.error().message;
  ASSERT_TRUE((*server)->loading());
  const auto loaded = (*server)->awaitLoaded();
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr("exit code 1"), HasSubstr("redis-check-aof")));
}

TEST_F(LongAppendOnlyFile, WaitingForItsLoadingCanBeCancelledAndEndsIt) {
  auto server = ManagedServer::start(settings_);
  ASSERT_TRUE(server.ok()) << server.error().message;
  ASSERT_TRUE((*server)->loading());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE((*server)->awaitLoaded(stop.get_token()).ok());
  EXPECT_FALSE(alive((*server)->pid()));
}

}  // namespace
}  // namespace lull::redis
