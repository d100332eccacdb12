#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

std::vector<KeyRow> mailboxRows() {
  using std::chrono::days;
  using std::chrono::seconds;
  return {
      {"Mailboxes:MaxWaiting", "10000", "",
       integer(put(&Settings::mailboxes, &MailboxSettings::maxWaiting), 0, 1000000), Secrecy::Open,
       "Calls that may wait for a message at the same time, in one process; one more is answered 503."},
      {"Mailboxes:IdleExpiry", "10.00:00:00", "",
       duration(put(&Settings::mailboxes, &MailboxSettings::idleExpiry), seconds{1}, days{3650}), Secrecy::Open,
       "A mailbox whose client has not called for so long is removed with its messages."},
      {"Mailboxes:MaxReceives", "0", "", integer(put(&Settings::mailboxes, &MailboxSettings::maxReceives), 0, 1000),
       Secrecy::Open,
       "A message that was locked so often and never confirmed becomes a dead letter; 0: it waits for ever."},
      {"Mailboxes:AllowPublish", "false", "", boolean(put(&Settings::mailboxes, &MailboxSettings::allowPublish)),
       Secrecy::Open, "Lets clients of mailboxes publish events, too (`Events/Publish`)."},
      {"Mailboxes:PublishType:{topic}", "", "the first event of the topic",
       text(
           [](RuleTarget& target, const std::string& event) {
             if (!event.empty()) target.settings.mailboxes.publishTypes.insert_or_assign(target.name, event);
           },
           kNameForm, checkName),
       Secrecy::Open, "The internal event that a client's publication under this change type becomes."},
  };
}

}  // namespace lull::config
