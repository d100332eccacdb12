#pragma once

#include "mailbox_channel.hpp"
#include "settings_mapping.hpp"

#include <lull/mailboxes/mailbox_loop.hpp>
#include <lull/mailboxes/polls.hpp>
#include <lull/redis/mailbox_notices.hpp>
#include <lull/redis/mailbox_store.hpp>
#include <lull/runtime/supervisor.hpp>

namespace lull::app {

/// Everything that only mailboxes need.
struct MailboxParts {
  MailboxParts(const config::Settings& settings, const redis::Address& address, redis::Shard& shard,
               const MailboxChannel& bodies)
      : channel(bodies),
        store(shard, mailboxLimits(settings)),
        polls(store, store, {maxWaiting(settings)}),
        loop(store, shard.clock(), settings.mailboxes.idleExpiry),
        notices(
            shardSettings(settings, address).pool, shard.keys(), [this](const EndpointId& id) { polls.stirred(id); },
            [this] { polls.stirredAll(); }) {}

  void start(runtime::Supervisor& threads) {
    threads.start({"mailboxes", [this] { loop.run(); }, [this] { loop.stop(); }});
    threads.start({"polls", [this] { polls.run(); }, [this] { polls.stop(); }});
    threads.start({"notices", [this] { notices.run(); }, [this] { notices.stop(); }});
  }

  MailboxChannel channel;
  redis::MailboxStore store;
  mailboxes::Polls polls;
  mailboxes::MailboxLoop loop;
  redis::MailboxNotices notices;
};

}  // namespace lull::app
