#pragma once

#include "brokers.hpp"
#include "jobs.hpp"
#include "mailboxes.hpp"
#include "sources.hpp"
#include "support/no_notes.hpp"

#include <lull/api/server.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// In-memory stand-ins for everything that the API works on: small, deterministic, and able to fail on demand.
namespace lull::api::testing {

inline const Instant kNow = *parseRfc3339("2026-11-23T21:19:06.123Z");

/// What every fake answers with while it is set.
using Failure = std::optional<Error>;

class FakeAdmission final : public ports::Admission {
 public:
  using ports::Admission::admit;
  Result<AdmissionReceipt> admit(std::vector<Event> events, std::string_view scope,
                                 std::optional<Millis> /*keepIds*/) override {
    std::lock_guard guard(mutex_);
    if (failure) return *failure;
    AdmissionReceipt receipt;
    for (auto& event : events) {
      // The real digest (admission_codec_test.cpp) takes type and item in, too.
      const auto id =
          (event.source.empty() ? "publisher " + std::string(scope) : "source " + event.source) + "/" + event.id;
      const auto known = byId_.find(id);
      if (!event.id.empty() && known != byId_.end()) {
        receipt.sequences.push_back(known->second);
        ++receipt.duplicates;
        continue;
      }
      receipt.sequences.push_back(++sequence_);
      ++receipt.accepted;
      if (!event.id.empty()) byId_[id] = sequence_;
      admitted.push_back(std::move(event));
    }
    return receipt;
  }

  Failure failure;
  std::vector<Event> admitted;

 private:
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> byId_;
  std::uint64_t sequence_ = 1000;
};

class FakeWindows final : public ports::Windows {
 public:
  Result<Page<Window>> list(const ports::WindowFilter& filter, const PageRequest& page) override {
    lastFilter = filter;
    lastPage = page;
    return Page<Window>{windows, next};
  }
  Result<std::uint64_t> flush(const ports::WindowFilter& filter) override {
    flushes = true;
    lastFilter = filter;
    return std::uint64_t{windows.size()};
  }

  std::vector<Window> windows{{{1, ItemId(4711)}, 20, kNow, kNow + Millis{5000}}};
  std::string next;
  bool flushes = false;
  ports::WindowFilter lastFilter;
  PageRequest lastPage;
};

class FakeEndpoints final : public ports::EndpointStore {
 public:
  Result<ports::CreateOutcome> create(const Registration& registration, const ports::CreateIdempotency& idempotency,
                                      const std::string& owner) override {
    std::lock_guard guard(mutex_);
    if (failure) return *failure;
    const auto known = byKey_.find(idempotency.key);
    if (!idempotency.key.empty() && known != byKey_.end()) {
      if (known->second.first != idempotency.fingerprint) {
        return Error{ErrorCode::IdempotencyMismatch, "The Idempotency-Key was used with another body."};
      }
      return ports::CreateOutcome{known->second.second, true};
    }
    auto number = std::to_string(++count_);
    Endpoint endpoint{"ep_" + std::string(20 - number.size(), '0') + number, registration, kNow, kNow, 1, owner};
    endpoints[endpoint.id] = endpoint;
    if (!idempotency.key.empty()) byKey_[idempotency.key] = {idempotency.fingerprint, endpoint};
    return ports::CreateOutcome{endpoint, false};
  }

  Result<Endpoint> replace(const EndpointId& id, std::uint64_t expectedVersion, const Registration& registration,
                           ports::Resume resume) override {
    std::lock_guard guard(mutex_);
    if (failure) return *failure;
    resumes.push_back(resume);
    if (!endpoints.contains(id)) return Error{ErrorCode::NotFound, "There is no such endpoint."};
    auto& endpoint = endpoints.at(id);
    if (conflicts > 0) {
      --conflicts;
      ++endpoint.version;
      return Error{ErrorCode::Stale, "changed meanwhile"};
    }
    if (endpoint.version != expectedVersion) return Error{ErrorCode::Stale, "changed meanwhile"};
    if (auto judged = judgeChange(endpoint.registration.telling, registration.telling, holdings); !judged) {
      return std::move(judged).error();
    }
    endpoint.registration = registration;
    ++endpoint.version;
    return endpoint;
  }

  Status remove(const EndpointId& id, std::optional<std::uint64_t> expectedVersion) override {
    std::lock_guard guard(mutex_);
    const auto found = endpoints.find(id);
    if (found == endpoints.end()) return Error{ErrorCode::NotFound, "There is no such endpoint."};
    if (conflicts > 0) {
      --conflicts;
      ++found->second.version;
    }
    if (expectedVersion.value_or(found->second.version) != found->second.version) {
      return Error{ErrorCode::Stale, "changed meanwhile"};
    }
    endpoints.erase(found);
    return Done{};
  }

  Result<Endpoint> find(const EndpointId& id) override {
    std::unique_lock lock(mutex_);
    if (failure) return *failure;
    const auto found = endpoints.find(id);
    if (found == endpoints.end()) return Error{ErrorCode::NotFound, "There is no such endpoint."};
    auto endpoint = found->second;
    if (awaited_ > 0 && --awaited_ == 0) met_.notify_all();
    met_.wait(lock, [this] { return awaited_ == 0; });
    return endpoint;
  }

  /// What the fake mailboxes keep here.
  void put(const Endpoint& endpoint) {
    std::lock_guard guard(mutex_);
    endpoints[endpoint.id] = endpoint;
  }
  std::optional<Endpoint> known(const EndpointId& id) {
    std::lock_guard guard(mutex_);
    const auto found = endpoints.find(id);
    return found == endpoints.end() ? std::nullopt : std::optional(found->second);
  }
  void drop(const EndpointId& id) {
    std::lock_guard guard(mutex_);
    endpoints.erase(id);
  }

  /// The next `readers` of find() wait for each other: all of them have read the same.
  void meet(int readers) {
    std::lock_guard guard(mutex_);
    awaited_ = readers;
  }

  Result<ports::SnapshotPtr> all() override {
    std::lock_guard guard(mutex_);
    if (failure) return *failure;
    auto out = std::make_shared<ports::RegistrySnapshot>();
    for (const auto& [id, endpoint] : endpoints) out->endpoints[id] = std::make_shared<const Endpoint>(endpoint);
    return ports::SnapshotPtr(out);
  }

  Result<EndpointIds> registeredBy(const std::string& owner) override {
    std::lock_guard guard(mutex_);
    if (failure) return *failure;
    EndpointIds ids;
    for (const auto& [id, endpoint] : endpoints) {
      if (endpoint.owner == owner) ids.insert(id);
    }
    return ids;
  }

  Result<std::vector<EndpointState>> states(const std::vector<EndpointId>& ids) override {
    std::lock_guard guard(mutex_);
    statesRead += ids.size();
    std::vector<EndpointState> out;
    for (const auto& id : ids) {
      out.push_back(state[id]);
      const auto found = endpoints.find(id);
      const bool isPaused = found != endpoints.end() && !found->second.registration.enabled;
      if (isPaused && out.back().pausedReason == PausedReason::None) out.back().pausedReason = PausedReason::Operator;
    }
    return out;
  }

  Result<std::vector<EndpointState>> statesWithWaits(const std::vector<EndpointId>& ids) override {
    if (failure) return *failure;
    return states(ids);
  }

  Failure failure;
  std::vector<ports::Resume> resumes;  ///< of each call of replace()
  std::size_t statesRead = 0;          ///< of so many endpoints
  int conflicts = 0;                   ///< so many writes find that another was faster
  Holdings holdings;                   ///< of every endpoint
  std::map<EndpointId, Endpoint> endpoints;
  std::map<EndpointId, EndpointState> state;

 private:
  std::mutex mutex_;
  std::condition_variable met_;
  int awaited_ = 0;
  int count_ = 0;
  std::map<std::string, std::pair<std::string, Endpoint>> byKey_;
};

/// What the fake store holds, as it is at that moment.
class FakeRegistry final : public ports::RegistryReader {
 public:
  explicit FakeRegistry(FakeEndpoints& endpoints) : endpoints_(endpoints) {}
  ports::SnapshotPtr cached() const override {
    auto out = std::make_shared<ports::RegistrySnapshot>();
    for (const auto& [id, endpoint] : endpoints_.endpoints) {
      out->endpoints[id] = std::make_shared<const Endpoint>(endpoint);
      if (endpoint.registration.telling.delivery == Delivery::Sync) out->called.push_back(out->endpoints[id]);
    }
    return out;
  }
  Result<ports::SnapshotPtr> current() override { return cached(); }

 private:
  FakeEndpoints& endpoints_;
};

class FakeCallLog final : public ports::CallLog {
 public:
  std::string messageId(const EndpointId& endpoint, std::uint64_t sequence) override {
    return "msg_" + endpoint + "_" + std::to_string(sequence) + "s";
  }
  Status write(Instant, const std::vector<ports::CallRecord>& calls) override {
    std::lock_guard guard(mutex_);
    written.insert(written.end(), calls.begin(), calls.end());
    return Done{};
  }
  std::vector<ports::CallRecord> written;

 private:
  std::mutex mutex_;
};

inline AttemptRecord sampleAttempt() {
  return {kNow,       "msg_0001",         {1, ItemId(4711)},
          2,          Outcome::Retryable, PausedReason::None,
          503,        Millis{42},         "The receiver answered 503.",
          "try again"};
}

inline Message sampleMessage() {
  Message message;
  message.id = "msg_0001";
  message.key = {1, ItemId(4711)};
  message.payload.baseId = ItemId(std::string("base-12"));
  message.upto = 1020;
  message.eventCount = 20;
  message.attempts = 2;
  message.firstFailedAt = kNow;
  return message;
}

class FakeQueue final : public ports::QueueView {
 public:
  Result<Page<ports::QueueItem>> list(const EndpointId&, const ports::QueueFilter& filter,
                                      const PageRequest&) override {
    lastFilter = filter;
    return Page<ports::QueueItem>{{item}, ""};
  }
  Result<std::uint64_t> retry(const EndpointId&, const ports::QueueFilter& filter) override {
    lastFilter = filter;
    if (failure) return *failure;
    return std::uint64_t{1};
  }
  Result<std::uint64_t> purge(const EndpointId&, const ports::QueueFilter& filter) override {
    lastFilter = filter;
    return std::uint64_t{1};
  }
  Result<std::vector<AttemptRecord>> attempts(const EndpointId&, const ports::AttemptFilter&) override {
    return std::vector<AttemptRecord>(attemptCount, attempt);
  }

  Failure failure;  ///< of retry()
  ports::QueueFilter lastFilter;
  ports::QueueItem item{sampleMessage(), ports::QueueItemState::Retrying, 503, "The receiver answered 503.",
                        kNow + Millis{5000}};
  AttemptRecord attempt = sampleAttempt();
  std::size_t attemptCount = 1;
};

/// Knows the same attempts whatever was read before.
class FakeFeed final : public ports::AttemptFeed {
 public:
  Result<std::vector<ports::LoggedAttempt>> newest(const std::vector<EndpointId>& ids, std::size_t,
                                                   ports::AttemptMarks&) override {
    std::lock_guard guard(mutex_);
    asked.push_back(ids);
    std::vector<ports::LoggedAttempt> found;
    for (const auto& one : attempts) {
      if (std::ranges::find(ids, one.endpoint) != ids.end()) found.push_back(one);
    }
    return found;
  }

  std::vector<ports::LoggedAttempt> attempts{{"ep_00000000000000000001", sampleAttempt()}};
  std::vector<std::vector<EndpointId>> asked;  ///< of each reading

 private:
  std::mutex mutex_;
};

class FakeDeadLetters final : public ports::DeadLetters {
 public:
  FakeDeadLetters() {
    letter.id = "dl_0001";
    letter.endpointId = "ep_00000000000000000001";
    letter.message = sampleMessage();
    letter.lastCode = 503;
    letter.lastError = "";
    letter.firstFailedAt = kNow;
    letter.deadAt = kNow;
  }
  Result<ports::DeadLetterPage> list(const DeadLetterFilter& filter, const PageRequest&) override {
    lastBulk.filter = filter;
    ports::DeadLetterPage page;
    page.items = {letter};
    page.total = 1;
    return page;
  }
  Result<ports::DeadLetterDetail> find(const std::string& id) override {
    if (id != letter.id) return Error{ErrorCode::NotFound, "There is no such dead letter."};
    return ports::DeadLetterDetail{letter, {sampleAttempt()}};
  }
  Result<ports::RetriedOne> retryOne(const std::string& id) override {
    if (id != letter.id) return Error{ErrorCode::NotFound, "There is no such dead letter."};
    if (letter.supersededAt) return Error{ErrorCode::Conflict, "It was superseded by a later success."};
    return ports::RetriedOne{appends};
  }
  Result<ports::BulkOutcome> retryMany(const ports::BulkRequest& request) override {
    lastBulk = request;
    ++bulkCalls;
    return ports::BulkOutcome{1, 2, 3, appends};
  }
  Status purgeOne(const std::string& id) override {
    if (id != letter.id) return Error{ErrorCode::NotFound, "There is no such dead letter."};
    return Done{};
  }
  Result<ports::BulkOutcome> purgeMany(const ports::BulkRequest& request) override {
    lastBulk = request;
    ++bulkCalls;
    return ports::BulkOutcome{1, 0, 0};
  }
  Result<std::map<EndpointId, std::string>> endpointNames(const EndpointIds& ids) override {
    askedForNames.push_back(ids);
    std::map<EndpointId, std::string> names;
    for (const auto& id : ids) names[id] = nameOfEndpoint;
    return names;
  }

  std::vector<EndpointIds> askedForNames;

  std::string nameOfEndpoint = "Catalogue sync";
  DeadLetter letter;
  bool appends = false;  ///< retried letters go to the ends of their lanes
  ports::BulkRequest lastBulk;
  int bulkCalls = 0;
};

class FakeItems final : public ports::Items {
 public:
  Result<ports::ItemStory> story(std::uint32_t changeType, const std::string& itemId,
                                 const std::optional<EndpointIds>& among) override {
    lastAsked = std::to_string(changeType) + " " + itemId;
    lastAmong = among;
    return known;
  }

  ports::ItemStory known{Window{{1, ItemId(4711)}, 20, kNow, kNow + Millis{5000}},
                         {{.endpoint = "ep_00000000000000000001",
                           .inFlight = {},
                           .waiting = ports::QueueItem{sampleMessage(), ports::QueueItemState::Retrying, 503,
                                                       "The receiver answered 503.", kNow + Millis{5000}},
                           .behind = 0,
                           .lastDelivered = ports::LastDelivered{1000, kNow},
                           .deadLetter = {}}}};
  std::string lastAsked;
  std::optional<EndpointIds> lastAmong;
};

class FakeStats final : public ports::Stats {
 public:
  Result<ports::FleetCounters> counters() override {
    std::lock_guard guard(mutex_);
    ++readings_;
    if (failure_) return *failure_;
    ports::FleetCounters fleet;
    fleet.eventsAccepted = 20;
    fleet.pending = 1;
    fleet.windowsOpen = 1;
    fleet.streamDepth = 3;
    fleet.dropped = 9;
    fleet.deadLetters = 1;
    fleet.oldestDueAge = Millis{1500};
    fleet.deadLettersRemoved["purged"] = 7;
    fleet.unreadable = 2;
    fleet.mailboxes = 2;
    fleet.mailboxDepth = 5;
    fleet.mailboxOldestAge = Millis{7500};
    return fleet;
  }
  Result<ports::Rates> rates() override { return ports::Rates{12.5, 3.0, 0.5}; }
  Status ready() override {
    std::lock_guard guard(mutex_);
    if (failure_) return *failure_;
    return Done{};
  }
  void fail(Failure failure) {
    std::lock_guard guard(mutex_);
    failure_ = std::move(failure);
  }
  /// How often the counters were read.
  std::size_t readings() {
    std::lock_guard guard(mutex_);
    return readings_;
  }

 private:
  std::mutex mutex_;
  Failure failure_;
  std::size_t readings_ = 0;
};

class FakeHistory final : public ports::History {
 public:
  Result<ports::HistoryRecords> read(Instant since, Instant until) override {
    asked = {since, until};
    return records;
  }
  Result<std::vector<ports::AttemptSlot>> attemptsOf(const EndpointId&) override { return slots; }

  std::pair<Instant, Instant> asked;
  /// Of the last minute that is over at kNow: one step of ten seconds.
  ports::HistoryRecords records{{{.at = *parseRfc3339("2026-11-23T21:18:50Z"),
                                  .accepted = 20,
                                  .coalesced = 15,
                                  .delivered = 5,
                                  .failed = 2,
                                  .deadLettered = 1,
                                  .lagP50 = 20,
                                  .lagP99 = 30,
                                  .oldestDueAge = Millis{1500},
                                  .queueDepth = 3}},
                                {{*parseRfc3339("2026-11-23T21:18:00Z"), 20, 30}},
                                {},
                                *parseRfc3339("2026-11-23T21:19:00Z")};
  std::vector<ports::AttemptSlot> slots;
};

class FakeAlerts final : public ports::AlertView {
 public:
  Result<Page<ports::Alert>> list(const PageRequest& page) override {
    lastPage = page;
    return Page<ports::Alert>{{{kNow, ports::AlertKind::Unreadable, "ep_1", "A message was set aside.", 3}}, next};
  }
  PageRequest lastPage;
  std::string next;
};

class FakeChannel final : public ports::Channel {
 public:
  void deliver(ports::DeliveryRequest request, Callback done) override {
    {
      std::lock_guard guard(mutex_);
      last = request;
    }
    if (entered) entered->set_value();
    ++running;
    if (gate) gate->wait();
    --running;
    AttemptResult result;
    result.outcome = Outcome::Delivered;
    result.code = 200;
    result.duration = Millis{12};
    result.responseExcerpt = "ok";
    if (ends) ends(result);
    done(result);
  }
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override {
    const bool isMailbox = endpoint != nullptr && endpoint->registration.isMailbox();
    if (isMailbox && !message.payload.data.empty()) return message.payload.data;
    return R"({"ChangeType":1,"Data":{"ItemId":4711,"BaseId":"base-12"}})";
  }
  void stopStarting() override {}
  void stop() override {}

  std::function<void(AttemptResult&)> ends;  ///< changes what comes of a send
  std::optional<ports::DeliveryRequest> last;
  std::optional<std::promise<void>> entered;     ///< told when a send has begun
  std::optional<std::shared_future<void>> gate;  ///< a send waits for it
  std::atomic<std::size_t> running{0};

 private:
  std::mutex mutex_;
};

class FakeDestinations final : public ports::Destinations {
 public:
  Status judge(const std::string& url) override {
    judged.push_back(url);
    if (url.find("forbidden") == std::string::npos) return Done{};
    return invalidInput("/url", "No allowed address; see Egress:AllowedNetworks.");
  }
  std::vector<std::string> judged;
};

class FixedClock final : public ports::Clock {
 public:
  Instant now() const override { return kNow; }
  std::chrono::nanoseconds realTimeUntil(Instant) const override { return std::chrono::nanoseconds::max(); }
  void onJump(std::function<void()>) override {}
};

/// Keeps copies of what was written.
class RecordingJournal final : public Journal {
 public:
  bool wantsRequests() const override { return true; }
  void request(const RequestLine& line) override {
    add(requests_, std::string(line.method) + " " + std::string(line.route) + " " + std::to_string(line.status) + " " +
                       std::string(line.principal));
  }
  void audit(const AuditLine& line) override {
    add(audits_, std::string(line.principal) + " " + std::string(line.action) + " " + std::string(line.id) + " " +
                     std::to_string(line.status));
  }
  std::uint64_t linesLost() const override { return 7; }
  void secretDropped(std::string_view endpointId) override { add(dropped_, std::string(endpointId)); }
  void defect(std::string_view route, std::string_view, std::string_view what) override {
    add(defects_, std::string(route) + " " + std::string(what));
  }
  std::vector<std::string> requests() const { return copy(requests_); }
  std::vector<std::string> audits() const { return copy(audits_); }
  std::vector<std::string> droppedSecrets() const { return copy(dropped_); }
  std::vector<std::string> defects() const { return copy(defects_); }

 private:
  void add(std::vector<std::string>& to, std::string line) {
    std::lock_guard guard(mutex_);
    to.push_back(std::move(line));
  }
  std::vector<std::string> copy(const std::vector<std::string>& from) const {
    std::lock_guard guard(mutex_);
    return from;
  }
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::string> audits_;
  std::vector<std::string> dropped_;
  std::vector<std::string> defects_;
};

/// All of them, and the dependencies made of them.
struct Backend {
  FakeAdmission admission;
  FakeWindows windows;
  FakeEndpoints endpoints;
  FakeQueue queue;
  FakeFeed feed;
  FakeDeadLetters deadLetters;
  FakeItems items;
  FakeGroups groups;
  FakeJobs jobs;
  FakeStats stats;
  FakeHistory history;
  FakeAlerts alerts;
  FakeSources sources;
  FakeBrokers brokers;
  FakeChannel channel;
  FakeDestinations destinations;
  FixedClock clock;
  FakeRegistry registry{endpoints};
  FakeCallLog callLog;
  Catalogue catalogue{builtinChangeTypes()};
  formats::Formats formats{{{"Task", "application/x-task", R"({"id": "{itemId}", "what": "{operation}"})"}},
                           {{"source", "/lull"}},
                           IdField::BaseId};
  Metrics metrics{"0.1.0"};
  FakeMailboxes mailboxes{{[this](const Endpoint& one) { endpoints.put(one); },
                           [this](const EndpointId& id) { return endpoints.known(id); },
                           [this](const EndpointId& id) { endpoints.drop(id); }},
                          kNow};
  lull::mailboxes::Polls polls{mailboxes, mailboxes, {}};
  lull::testing::NoNotes notes;
  synchronous::Calls calls{{}, {registry, channel, callLog, clock, metrics, notes}};
  RecordingJournal journal;

  auth::KeySets* keySets = nullptr;  ///< for auth::AuthMode::Jwt
  auth::SignIn* signIn = nullptr;
  Instant wallClock = kNow;  ///< what tokens are judged by

  ApiDependencies dependencies() {
    return {admission,
            calls,
            windows,
            endpoints,
            queue,
            feed,
            deadLetters,
            items,
            groups,
            jobs,
            stats,
            history,
            alerts,
            sources,
            brokers,
            mailboxes,
            polls,
            channel,
            destinations,
            clock,
            catalogue,
            formats,
            metrics,
            journal,
            [] { return std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"); },
            keySets,
            signIn,
            [this] { return wallClock; }};
  }
};

}  // namespace lull::api::testing
