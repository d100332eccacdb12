#include "attach_redis.hpp"
#include "bell.hpp"
#include "broker_parts.hpp"
#include "channel_router.hpp"
#include "log_journal.hpp"
#include "mailbox_parts.hpp"
#include "no_thread.hpp"
#include "prepared.hpp"
#include "settings_mapping.hpp"
#include "source_parts.hpp"
#include "token_keys.hpp"
#include "views.hpp"

#include <lull/api/metrics.hpp>
#include <lull/app/application.hpp>
#include <lull/deadletters/retention_loop.hpp>
#include <lull/debounce/debounce_loop.hpp>
#include <lull/dispatch/dispatcher.hpp>
#include <lull/dispatch/settler.hpp>
#include <lull/jobs/job_loop.hpp>
#include <lull/net/destinations.hpp>
#include <lull/net/resolver.hpp>
#include <lull/net/signer.hpp>
#include <lull/net/webhook_channel.hpp>
#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/alert_store.hpp>
#include <lull/redis/call_store.hpp>
#include <lull/redis/dead_letter_store.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/job_store.hpp>
#include <lull/redis/queue_store.hpp>
#include <lull/redis/queue_view_store.hpp>
#include <lull/redis/server_clock.hpp>
#include <lull/redis/stream_store.hpp>
#include <lull/redis/take_over.hpp>
#include <lull/redis/upkeep.hpp>
#include <lull/redis/window_store.hpp>
#include <lull/runtime/supervisor.hpp>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace lull::app {

/// All parts in the order of their construction: a part uses those above it and is destroyed before them. What wire()
/// connects the other way round is used only until stop().
struct Application::Parts {
  Parts(const config::Settings& settings, Prepared prepared, const ApplicationEdges& edges)
      : shutdownDeadline(settings.shutdown.deadline),
        managed(std::move(prepared.managed)),
        catalogue(changeTypes(settings)),
        formats(formatsOf(settings)),
        metrics(version()),
        clock(edges.clock != nullptr ? *edges.clock : serverClock),
        raised(clock),
        clockWatch(metrics, &raised),
        shard(shardSettings(settings, prepared.address), clock, metrics, &raised),
        alerts(shard, raised),
        registry(shard, std::move(prepared.sealer), settings.limits.endpoints, &raised),
        admission(shard, admissionSettings(settings), windowDue.ringer()),
        sources(settings, shard, admission, raised, catalogue),
        windows(shard, windowTimes(settings), serverClock.sign(), windowDue.ringer()),
        stream(shard, queueCaps(settings), settings.delivery.circuitBreaker.probe),
        queue(shard, queueSettings(settings), serverClock.sign()),
        callLog(shard),
        queueView(shard, registry, messagesWait.ringer()),
        deadLetters(shard, registry, firstRetryDelay(settings), queueCaps(settings), messagesWait.ringer()),
        replays(shard, registry, replaySettings(settings), messagesWait.ringer()),
        jobs(shard, registry, {shard, firstRetryDelay(settings), queueCaps(settings), messagesWait.ringer()}, replays,
             jobsWait.ringer()),
        views(shard, registry),
        mail(settings, prepared.address, shard, {formats, catalogue}),
        guard(std::move(prepared.guard)),
        transport(makeTransport(settings, edges, guard)),
        resolver(edges.resolver),
        webhooks({*transport, resolver, guard, clock, catalogue, formats}, channelSettings(settings)),
        toBrokers(settings, {registry, catalogue, formats, raised}),
        channel({webhooks, mail.channel, toBrokers.rabbit(), toBrokers.amqp()}),
        destinations(resolver, guard),
        calls(callSettings(settings), {registry, channel, callLog, clock, metrics, views.notes}),
        settler(queue, clock),
        dispatcher(dispatchSettings(settings),
                   {queue, registry, channel, clock, metrics, views.notes, serverClock.sign()}, settler),
        debounce({windows, stream, registry, dispatcher, clock}, messagesWait.ringer()),
        firingAtOnce(windows, registry, dispatcher, clock),
        upkeep(shard, registry, replays, messagesWait.ringer()),
        takeOver(shard, serverClock, registry, messagesWait.ringer()),
        jobLoop(jobs),
        retention(deadLetters, clock, settings.deadLetters.retention),
        tokenKeys(settings, std::move(prepared.fixedKeys), resolver, journal),
        server(apiSettings(settings, edges.shown),
               {admission,       calls,           windows,           registry,   queueView,   views.attempts,
                deadLetters,     views.items,     views.groups,      jobs,       views.stats, views.past,
                alerts,          sources.view(),  toBrokers.view(),  mail.store, mail.polls,  channel,
                destinations,    clock,           catalogue,         formats,    metrics,     journal,
                net::makeSecret, tokenKeys.get(), tokenKeys.signIn()}) {
    wire(settings.debouncing.interval == Millis{0});
  }

  /// Who is told of what. `atOnce`: windows are due as soon as they are opened.
  void wire(bool atOnce) {
    if (atOnce) admission.fireWith(firingAtOnce);
    windowDue.connect([this](const ports::DueNote& note) { debounce.noteDue(note); });
    messagesWait.connect([this] { dispatcher.wake(); });
    jobsWait.connect([this] { jobLoop.wake(); });
    clock.onJump([this] {
      dispatcher.wake();
      debounce.lookNow();
      mail.loop.wake();
    });
  }

  const Millis shutdownDeadline;
  std::unique_ptr<redis::ManagedServer> managed;  // none with Redis:Mode External
  const Catalogue catalogue;
  const formats::Formats formats;
  api::Metrics metrics;
  LogJournal journal;
  Bell<const ports::DueNote&>
      windowDue;        // a window of this replica was opened, extended or flushed; or the stream grew
  Bell<> messagesWait;  // messages were queued, or may be sent earlier than before
  Bell<> jobsWait;      // a job was started
  redis::ServerClock serverClock;
  ports::Clock& clock;  // the server's, unless a test brings its own
  redis::AlertQueue raised;
  redis::ClockWatch clockWatch;
  redis::Shard shard;
  redis::AlertStore alerts;
  redis::EndpointRegistry registry;
  redis::AdmissionPipeline admission;
  SourceParts sources;
  redis::WindowStore windows;
  redis::StreamStore stream;
  redis::QueueStore queue;
  redis::CallStore callLog;
  redis::QueueViewStore queueView;
  redis::DeadLetterStore deadLetters;
  redis::ReplayStore replays;
  redis::JobStore jobs;
  Views views;
  MailboxParts mail;
  net::AddressGuard guard;  // set by attach(), before any part uses it
  std::unique_ptr<ports::Transport> transport;
  net::Resolver resolver;
  net::WebhookChannel webhooks;
  BrokerParts toBrokers;
  ChannelRouter channel;
  net::Destinations destinations;
  synchronous::Calls calls;
  dispatch::Settler settler;
  dispatch::Dispatcher dispatcher;
  debounce::DebounceLoop debounce;
  redis::FiringAtOnce firingAtOnce;
  redis::Upkeep upkeep;
  redis::TakeOver takeOver;
  jobs::JobLoop jobLoop;
  deadletters::RetentionLoop retention;
  TokenKeys tokenKeys;
  api::ApiServer server;
  std::vector<api::BoundAddress> addresses;
  runtime::Supervisor threads;           // the one list of our own threads: startThreads()
  std::optional<runtime::Deadline> end;  // set once a stop has begun

  ~Parts() { stop(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  Status attach(const config::Settings& settings, const redis::Address& address, const std::stop_token& cancel);
  void startThreads();
  void keepTime();
  std::size_t stop();
  void startNothingMore();
  std::size_t finish();
  runtime::Deadline written() const { return end->later(Millis{300}); }
  void endStore();
};

/// Until it returns, every request that needs the store is refused, and none of our loops runs.
Status Application::Parts::attach(const config::Settings& settings, const redis::Address& address,
                                  const std::stop_token& cancel) {
  if (managed && managed->loading()) {
    server.awaitStore("The managed redis-server is still loading its data; wait until it has.");
    if (auto loaded = managed->awaitLoaded(cancel); !loaded) return loaded;
  }
  const RedisUsers users{address, shard, serverClock, registry, catalogue, formats};
  const auto waiting = [this](const std::string& reason) { server.awaitStore(reason); };
  if (auto attached = attachRedis(settings, users, cancel, waiting); !attached) return attached;
  auto allowed = net::AddressGuard::create(egressRules(settings, RedisKnown::Yes));
  if (!allowed) return because("Egress: ", allowed.error());
  guard = *std::move(allowed);
  // A managed Redis is used by nobody else, so whoever holds leases there has ended.
  if (managed) takeOver.freeOthers();
  startThreads();
  server.storeIsThere();
  return Done{};
}

void Application::Parts::startThreads() {
  if (auto* keys = tokenKeys.fetched()) threads.start({"keys", [keys] { keys->run(); }, [keys] { keys->stop(); }});
  threads.start({"clock", [this] { keepTime(); }, [this] { serverClock.stop(); }});
  threads.start({"alerts", [this] { alerts.run(); }, [this] { alerts.stop(); }});
  threads.start({"stats", [this] { views.stats.run([this] { views.past.turn(); }); }, [this] { views.stats.stop(); }});
  threads.start({"admission", [this] { admission.run(); }, [this] { admission.stop(); }});
  threads.start({"upkeep", [this] { upkeep.run(); }, [this] { upkeep.stop(); }});
  threads.start({"retention", [this] { retention.run(); }, [this] { retention.stop(); }});
  threads.start({"jobs", [this] { jobLoop.run(); }, [this] { jobLoop.stop(); }});
  mail.start(threads);
  toBrokers.start();
  threads.start({"settle", [this] { settler.run(); }, [this] { settler.stop(written()); }});
  threads.start({"dispatch", [this] { dispatcher.run(); }, [this] { dispatcher.stop(); }});
  threads.start({"debounce", [this] { debounce.run(); }, [this] { debounce.stop(); }});
  sources.start(threads);
}

// The sign of life ends with the last lease. While leases are left it runs out by itself, and others take them over.
void Application::Parts::keepTime() {
  serverClock.run(shard, clockWatch, takeOver);
  if (settler.settledAll()) takeOver.endOwnSign();
}

// All stages share one deadline; a second after it the process must have ended, even when something hangs.
std::size_t Application::Parts::stop() {
  if (end) return 0;
  end = runtime::Deadline::in(shutdownDeadline);
  startNothingMore();
  const auto cutOff = finish();
  endStore();
  return cutOff;
}

// Sets all stop flags first, so that no part starts new work while another is waited for.
void Application::Parts::startNothingMore() {
  dispatcher.stop();
  channel.stopStarting();
  debounce.stop();
  retention.stop();
  jobLoop.stop();
  sources.stopStarting();
  mail.polls.stop();
  server.stopIntake();
}

// Until the deadline requests are answered and attempts end by themselves; then the rest is cut off, and settled.
std::size_t Application::Parts::finish() {
  for (const auto* const name : {"dispatch", "debounce", "retention", "jobs"}) threads.stopBy(name, *end);
  sources.finish(threads, *end);
  dispatcher.drained(*end);
  server.awaitReplies(*end);
  const std::size_t cutOff = dispatcher.running();
  channel.stop();
  threads.stopBy("settle", written());
  sources.awaitRollback(threads, written());
  const auto farewell = runtime::Deadline::in(Millis{300});  // Redis may hang; longer is of no use then.
  threads.stopBy("clock", farewell.at() < written().at() ? farewell : written());
  return cutOff;
}

// Calls that still wait for Redis fail now, and their callers are told so.
void Application::Parts::endStore() {
  admission.stop();
  shard.stop();
  if (auto* keys = tokenKeys.fetched()) keys->stop();
  server.stop();
  threads.stopAll();
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Application::~Application() {
  stop();
}

const std::vector<api::BoundAddress>& Application::addresses() const {
  return parts_->addresses;
}

std::size_t Application::stop() {
  constexpr Millis kLeastGrace{250};
  const auto cutOff = parts_->stop();
  if (parts_->managed) parts_->managed->stop(std::max(kLeastGrace, Millis(parts_->end->left())));
  return cutOff;
}

Result<std::unique_ptr<Application>> Application::start(const config::Settings& settings,
                                                        const ApplicationEdges& edges) {
  try {
    return assemble(settings, edges);
  } catch (const std::system_error& failure) {
    return noThread(failure);
  } catch (const std::exception& failure) {
    return Error{ErrorCode::Internal, std::string("Lull cannot be set up: ") + failure.what() + "."};
  }
}

Result<std::unique_ptr<Application>> Application::assemble(const config::Settings& settings,
                                                           const ApplicationEdges& edges) {
  auto prepared = prepare(settings, edges);
  if (!prepared) return std::move(prepared).error();
  const auto address = prepared->address;
  auto parts = std::make_unique<Parts>(settings, std::move(prepared).value(), edges);
  auto bound = parts->server.startWithoutStore();
  if (!bound) return bound.error();
  parts->addresses = *std::move(bound);
  if (edges.listening) edges.listening(parts->addresses);
  if (auto attached = parts->attach(settings, address, edges.cancel); !attached) return attached.error();
  return std::unique_ptr<Application>(new Application(std::move(parts)));
}

}  // namespace lull::app
