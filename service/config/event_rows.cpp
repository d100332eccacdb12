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

template <class Member>
auto putEvent(Member member) {
  return [=](RuleTarget& target, auto value) {
    target.settings.changeTypes[target.index].events[target.inner].*member = std::move(value);
  };
}

}  // namespace

std::vector<KeyRow> eventRows() {
  return {
      {"Debouncing:Interval", "00:00:05", "",
       duration(put(&Settings::debouncing, &DebouncingSettings::interval), Millis{0}, days{30}), Secrecy::Open,
       "How long an item must be quiet before its notification is made, which may be up to 20 ms late, at most a "
       "fiftieth of this; 00:00:00 does not wait."},
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
       Secrecy::Open,
       "The internal events that raise it, spelt exactly so; an entry may be an object with the next keys."},
      {"ChangeTypes:{i}:Events:{j}:Name", "", "", text(putEvent(&EventType::name), kNameForm, checkName), Secrecy::Open,
       "Name of an internal event that has words of its own."},
      {"ChangeTypes:{i}:Events:{j}:Operation", "", "`create` for …Created, `delete` for …Deleted, else `update`",
       choice<Operation>(putEvent(&EventType::operation),
                         {{"create", Operation::Create}, {"update", Operation::Update}, {"delete", Operation::Delete}}),
       Secrecy::Open, "What it does to the item, unless the event itself says."},
      {"ChangeTypes:{i}:Events:{j}:Resource", "", "that of the change type",
       text(putEvent(&EventType::resource), kLabelForm, checkLabel), Secrecy::Open, "`{resource}` of formats for it."},
      {"ChangeTypes:{i}:Events:{j}:ResourceIdName", "", "that of the change type",
       text(putEvent(&EventType::resourceIdName), kLabelForm, checkLabel), Secrecy::Open,
       "`{resourceIdName}` of formats for it."},
      {"ChangeTypes:{i}:Resource", "", "`ChangeTypes:{i}:Name`",
       text(putType(&ChangeType::resource), kLabelForm, checkLabel), Secrecy::Open,
       "`{resource}` of formats: what a receiver calls the kind of item."},
      {"ChangeTypes:{i}:ResourceIdName", "", "the resource and `_id`",
       text(putType(&ChangeType::resourceIdName), kLabelForm, checkLabel), Secrecy::Open,
       "`{resourceIdName}` of formats: what a receiver calls the id of an item."},
  };
}

}  // namespace lull::config
