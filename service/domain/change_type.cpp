#include <lull/domain/change_type.hpp>

#include <algorithm>

namespace lull {

Catalogue::Catalogue(std::vector<ChangeType> types) : types_(std::move(types)) {
  std::sort(types_.begin(), types_.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
  for (const auto& type : types_) {
    mask_ |= type.value;
    for (const auto& event : type.events) byEvent_.emplace(event.name, Place{&type, &event});
  }
}

const ChangeType* Catalogue::ofEvent(std::string_view event) const {
  const auto found = byEvent_.find(event);
  return found == byEvent_.end() ? nullptr : found->second.type;
}

const EventType* Catalogue::event(std::string_view name) const {
  const auto found = byEvent_.find(name);
  return found == byEvent_.end() ? nullptr : found->second.event;
}

ResourceNames Catalogue::resourceNames(std::uint32_t changeType, std::string_view event) const {
  static const EventType kNoEvent;
  const auto found = byEvent_.find(event);
  // An event that the catalogue has under another change type by now says nothing about an item of this one.
  const bool own = found != byEvent_.end() && found->second.type->value == changeType;
  const auto& special = own ? *found->second.event : kNoEvent;
  const auto* type = ofValue(changeType);
  const auto firstOf = [](const std::string& first, const std::string* second, auto&& otherwise) {
    if (!first.empty()) return first;
    return second != nullptr && !second->empty() ? *second : otherwise();
  };
  ResourceNames names;
  names.resource =
      firstOf(special.resource, type != nullptr ? &type->resource : nullptr, [&] { return nameOf(changeType); });
  names.idName = firstOf(special.resourceIdName, type != nullptr ? &type->resourceIdName : nullptr,
                         [&] { return names.resource + "_id"; });
  return names;
}

const ChangeType* Catalogue::ofValue(std::uint32_t value) const {
  const auto found = std::find_if(types_.begin(), types_.end(), [&](const auto& type) { return type.value == value; });
  return found == types_.end() ? nullptr : &*found;
}

std::string Catalogue::nameOf(std::uint32_t value) const {
  const auto* type = ofValue(value);
  return type != nullptr ? type->name : "unknown (" + std::to_string(value) + ")";
}

std::vector<std::string> Catalogue::namesOf(std::uint32_t mask) const {
  std::vector<std::string> names;
  for (; mask != 0; mask &= mask - 1) names.push_back(nameOf(lowestBit(mask)));
  return names;
}

std::vector<ChangeType> builtinChangeTypes() {
  // "AssetExternalProccessingFinished" is misspelt in the system of record: that spelling is the contract.
  return {
      {"AssetChanged",
       1,
       "AssetId",
       {"AssetCreated", "AssetDeleted", "AssetExternalProccessingFinished", "AssetFolderUpdated",
        "AssetLocationStateUpdated", "AssetMetadataUpdated", "AssetProfilePublished", "AssetSecurityUpdated",
        "AssetUploadFinished"}},
      {"MetafieldChanged",
       2,
       "MetafieldId",
       {"MetafieldCreated", "MetafieldDeleted", "MetafieldMetadataUpdated", "MetafieldSecurityUpdated"}},
      {"TreeValueChanged",
       4,
       "TreeValueId",
       {"TreeValueCreated", "TreeValueDeleted", "TreeValueMetadataUpdated", "TreeValueSecurityUpdated"}},
      {"ComboValueChanged",
       8,
       "ComboValueId",
       {"ComboValueCreated", "ComboValueDeleted", "ComboValueMetadataUpdated", "ComboValueSecurityUpdated"}},
  };
}

}  // namespace lull
