#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

namespace {

using std::chrono::days;
using std::chrono::seconds;

template <class Member>
auto putType(Member member) {
  return [=](RuleTarget& target, auto value) {
    auto& slot = target.settings.changeTypes[target.index].*member;
    slot = static_cast<std::remove_reference_t<decltype(slot)>>(std::move(value));
  };
}

}  // namespace

std::vector<KeyRow> eventRows() {
  return {
      {"Debouncing:Interval", "00:00:05", "",
       duration(put(&Settings::debouncing, &DebouncingSettings::interval), Millis{0}, days{30}), Secrecy::Open,
       "How long an item must be quiet before its notification is made; 00:00:00 does not wait."},
      {"Debouncing:MaxWait", "", "the larger of 00:00:30 and 6 x `Debouncing:Interval`",
       duration(put(&Settings::debouncing, &DebouncingSettings::maxWait), Millis{0}, days{180}), Secrecy::Open,
       "The longest that a stream of events can hold a notification back; not below the interval."},
      {"Notifications:IdField", "BaseId", "",
       choice<IdField>(put(&Settings::notifications, &NotificationSettings::idField),
                       {{"BaseId", IdField::BaseId}, {"Specific", IdField::Specific}}),
       Secrecy::Open, "`Specific` names the base item AssetId, MetafieldId, TreeValueId or ComboValueId."},
      {"Events:IdempotencyWindow", "1.00:00:00", "",
       duration(put(&Settings::events, &EventSettings::idempotencyWindow), seconds{1}, days{30}), Secrecy::Open,
       "How long the id of an event is remembered."},
      {"ChangeTypes:{i}:Name", "", "the built-in catalogue", text(putType(&ChangeType::name), kNameForm, checkName),
       Secrecy::Open, "Name of a change type; the section replaces the built-in catalogue."},
      {"ChangeTypes:{i}:Value", "", "", integer(putType(&ChangeType::value), 1, 1 << 30), Secrecy::Open,
       "Its bit: a power of two that no other type has."},
      {"ChangeTypes:{i}:IdName", "", "", text(putType(&ChangeType::idName), kNameForm, checkName), Secrecy::Open,
       "Member name of the base item in the older notification form."},
      {"ChangeTypes:{i}:Events", "", "",
       listOf(text([](RuleTarget& target,
                      const std::string& event) { target.settings.changeTypes[target.index].events.push_back(event); },
                   kNameForm, checkName)),
       Secrecy::Open, "The internal events that raise it, spelt exactly so."},
  };
}

}  // namespace lull::config
