#pragma once

#include <lull/config/load.hpp>

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace lull::config {

/// A temporary directory that plays the working directory, and an input that starts out empty.
class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lull-config-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    input_.workingDirectory = directory_;
  }
  ~ConfigTest() override { std::filesystem::remove_all(directory_); }
  ConfigTest(const ConfigTest&) = delete;
  ConfigTest& operator=(const ConfigTest&) = delete;

  std::string write(const std::string& name, const std::string& content) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  void settingsFile(const std::string& json) { write("appsettings.json", json); }

  LoadedSettings loaded() {
    auto outcome = load(input_);
    if (!outcome) {
      ADD_FAILURE() << outcome.error().message;
      return {};
    }
    return std::move(outcome).value();
  }

  Settings settings() { return loaded().settings; }

  /// The error text; empty (and a failure) when the settings load.
  std::string error() {
    const auto outcome = load(input_);
    EXPECT_FALSE(outcome.ok()) << "the settings were accepted";
    return outcome ? "" : outcome.error().message;
  }

  static const ConfigLine* lineOf(const LoadedSettings& loaded, const std::string& key) {
    for (const ConfigLine& line : loaded.lines) {
      if (line.key == key) return &line;
    }
    return nullptr;
  }

  std::filesystem::path directory_;
  LoadInput input_;
};

inline std::size_t countOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace lull::config
