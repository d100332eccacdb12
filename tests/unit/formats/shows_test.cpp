#include <lull/formats/formats.hpp>

#include <gtest/gtest.h>

namespace lull::formats {
namespace {

TEST(Shows, WhatABodyOrAHeaderHasAPlaceholderFor) {
  const Formats formats({{"Scoped", "application/json", R"({"of": "it is {scope}"})"},
                         {"Keyed", "application/json", R"({"{operation}": 1})"}},
                        {{"source", "/here"}}, IdField::BaseId);
  EXPECT_TRUE(formats.find("Scoped")->shows(Field::Scope));
  EXPECT_FALSE(formats.find("Scoped")->shows(Field::Data));
  EXPECT_TRUE(formats.find("Keyed")->shows(Field::Operation));
  EXPECT_FALSE(formats.find("Keyed")->shows(Field::Scope));
  EXPECT_TRUE(formats.find("CloudEvents")->shows(Field::Data));
  EXPECT_TRUE(formats.find("CloudEventsBinary")->shows(Field::EventType)) << "only in a header";
  for (const auto* name : {"Notification", "NotificationSpecific", "ElementChanged", "Claims"}) {
    EXPECT_FALSE(formats.find(name)->shows(Field::Data)) << name;
    EXPECT_FALSE(formats.find(name)->shows(Field::Scope)) << name;
  }
}

}  // namespace
}  // namespace lull::formats
