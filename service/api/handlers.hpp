#pragma once

#include "brokers/brokers_handlers.hpp"
#include "console/console_pages.hpp"
#include "console/sign_in_handlers.hpp"
#include "endpoints/endpoints_handlers.hpp"
#include "endpoints/queue_handlers.hpp"
#include "endpoints/test_send_handler.hpp"
#include "events/events_handlers.hpp"
#include "events/explain_handler.hpp"
#include "jobs/jobs_handlers.hpp"
#include "jobs/replay_handlers.hpp"
#include "letters/dead_letters_handlers.hpp"
#include "letters/groups_handlers.hpp"
#include "mailboxes/classic_handlers.hpp"
#include "mailboxes/mailboxes_handlers.hpp"
#include "mailboxes/publish_handler.hpp"
#include "management/management_handlers.hpp"
#include "management/pages_handlers.hpp"
#include "overview/fleet_handler.hpp"
#include "overview/history_handlers.hpp"
#include "overview/items_handlers.hpp"
#include "overview/live_handler.hpp"
#include "overview/overview_handlers.hpp"
#include "overview/windows_handlers.hpp"
#include "sources/sources_handlers.hpp"

#include <atomic>

/// The handlers by resource, each with the ports that it calls; all are shared by all threads. The shape is always the
/// same: parse → typed input → call a port → typed output. Errors become problem details at the edge. The route table
/// in routes.cpp says which request reaches which, and `Handlers` wires them.
namespace lull::api {

/// All handlers. Their parts outlive them.
struct Handlers {
  Handlers(const ApiDependencies& ports, const ApiSettings& settings, const Readiness& readiness,
           const std::atomic<bool>& stopping);

  Vocabulary vocabulary;
  EndpointWriter writer;
  EventsHandlers events;
  ExplainHandler explanation;
  EndpointsHandlers endpoints;
  EndpointChangesHandlers endpointChanges;
  TestSendHandler testSend;
  QueueHandlers queue;
  WindowsHandlers windows;
  DeadLettersHandlers deadLetters;
  GroupsHandlers letterGroups;
  JobsHandlers jobs;
  ReplayHandlers replay;
  CatalogueHandlers catalogue;
  FormatsHandlers formats;
  MeHandlers me;
  AlertsHandlers alerts;
  SourcesHandlers sources;
  BrokersHandlers brokers;
  ItemsHandlers items;
  StatsHandlers stats;
  FleetHandler fleet;
  LiveHandler live;
  SettingsHandlers shownSettings;
  HistoryHandlers history;
  MailboxCalls mailboxCalls;
  ClassicHandlers classicMailboxes;
  MailboxesHandlers mailboxes;
  PublishHandler mailboxPublish;
  HealthHandlers health;
  MetricsHandlers metrics;
  PagesHandlers pages;
  ConsolePages console;
  SignInHandlers signIn;
};

}  // namespace lull::api
