#include "sources.hpp"

#include "json_layer.hpp"
#include "key_table.hpp"
#include "setting_text.hpp"
#include "text_file.hpp"

#include <lull/text/ascii.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>

namespace lull::config {
namespace {

namespace fs = std::filesystem;

/// `ConnectionStrings:Redis` is another name of `Redis:ConnectionString`; within one source the latter wins.
void resolveAlias(Layer& layer) {
  const auto alias = layer.values().find("connectionstrings:redis");
  if (alias == layer.values().end()) return;
  const auto direct = layer.values().find("redis:connectionstring");
  if (direct != layer.values().end() && !direct->second.text.empty()) return;
  RawValue value = alias->second;
  value.key = "Redis:ConnectionString";
  layer.set(std::move(value));
}

Layer readJsonFile(const fs::path& path, Findings& findings) {
  Layer layer;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return layer;  // Every appsettings file is optional.
  if (const auto text = readTextFile(path, findings)) addJson(*text, path.string(), layer, findings);
  return layer;
}

Layer readKeyPerFileDirectory(const fs::path& directory, Findings& findings) {
  Layer layer;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  if (error) {
    findings.problems.push_back("--KeyPerFileDirectory: " + directory.string() + " cannot be read: " + error.message());
    findings.sourceUnreadable = true;
    return layer;
  }
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    const std::string key = keyFromName(name);
    // Kubernetes keeps the real files in a directory "..data" next to links with the names that count.
    if (name.starts_with('.') || !isOurs(key) || entry.is_directory(error)) continue;
    auto content = readTextFile(entry.path(), findings);
    if (!content) continue;
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
    layer.set({key, std::move(*content), entry.path().string()});
  }
  return layer;
}

const std::string* findVariable(const LoadInput& input, std::string_view name) {
  const auto found = std::find_if(input.environment.begin(), input.environment.end(), [name](const auto& variable) {
    return text::equalsIgnoringCase(variable.first, name);
  });
  return found == input.environment.end() || found->second.empty() ? nullptr : &found->second;
}

bool isUrls(const std::string& lowerKey) {
  return lowerKey == "urls" || lowerKey.starts_with("urls:");
}

/// The ports that .NET's images listen on: each is http on every address, and the layer lies below all others, because
/// Urls beats them wherever it stands.
Layer readHttpPorts(const LoadInput& input) {
  Layer layer;
  for (const std::string name : {"HTTP_PORTS", "DOTNET_HTTP_PORTS", "ASPNETCORE_HTTP_PORTS"}) {
    const auto* ports = findVariable(input, name);
    if (ports == nullptr) continue;
    std::vector<std::string> urls;
    for (const auto& port : splitList(*ports, ";")) {
      if (!port.empty()) urls.push_back("http://*:" + port);
    }
    layer.set({"Urls", join(urls, ";"), "environment variable " + name});
  }
  return layer;
}

/// Says so when ports that were asked for are not listened on.
void reportUnusedPorts(const LoadInput& input, const std::vector<Layer>& layers, Findings& findings) {
  for (const auto& [key, ports] : layers.front().values()) {
    for (auto layer = std::next(layers.begin()); layer != layers.end(); ++layer) {
      const auto beats = std::ranges::find_if(layer->values(), [](const auto& entry) { return isUrls(entry.first); });
      if (beats == layer->values().end() || beats->second.text.empty()) continue;
      findings.warnings.push_back("Urls: " + ports.source + " is ignored, because Urls is set (" +
                                  beats->second.source + ")");
      break;
    }
  }
  for (const std::string name : {"HTTPS_PORTS", "DOTNET_HTTPS_PORTS", "ASPNETCORE_HTTPS_PORTS"}) {
    if (findVariable(input, name) == nullptr) continue;
    findings.warnings.push_back("Urls: environment variable " + name +
                                " is ignored: Lull serves http behind a proxy that ends TLS");
  }
}

Layer readEnvironment(const LoadInput& input) {
  Layer layer;
  const auto set = [&layer](const std::string& key, const std::string& name, const std::string& text) {
    layer.set({key, text, "environment variable " + name});
  };
  // .NET strips these two prefixes; a plain URLS beats both.
  for (const std::string name : {"DOTNET_URLS", "ASPNETCORE_URLS"}) {
    if (const auto* text = findVariable(input, name)) set("Urls", name, *text);
  }
  for (const auto& [name, text] : input.environment) {
    const std::string key = keyFromName(name);
    if (isOurs(key)) set(key, name, text);
  }
  return layer;
}

std::string environmentName(const LoadInput& input, const CommandLine& commandLine, Findings& findings) {
  std::string name = "Production";
  if (const auto* aspNetCore = findVariable(input, "ASPNETCORE_ENVIRONMENT")) name = *aspNetCore;
  if (const auto* dotNet = findVariable(input, "DOTNET_ENVIRONMENT")) name = *dotNet;
  if (!commandLine.environment.empty()) name = commandLine.environment;
  if (name.find('/') != std::string::npos) {
    findings.problems.push_back("DOTNET_ENVIRONMENT = " + inQuotes(name) +
                                ": is part of a file name and may not hold /");
    return "Production";
  }
  return name;
}

fs::path contentRoot(const LoadInput& input, const CommandLine& commandLine, Findings& findings) {
  if (commandLine.contentRoot.empty()) return input.workingDirectory;
  fs::path root = input.workingDirectory / commandLine.contentRoot;
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    findings.problems.push_back("--contentRoot: " + root.string() + " is not a directory");
    findings.sourceUnreadable = true;
  }
  return root;
}

struct Argument {
  std::string key;
  std::optional<std::string> text;  ///< after "="
};

std::optional<Argument> splitArgument(std::string_view argument) {
  const bool isSwitch = argument.starts_with("--") || argument.starts_with('/');
  const auto equals = argument.find('=');
  if (!isSwitch && equals == std::string_view::npos) return std::nullopt;
  const std::size_t start = argument.starts_with("--") ? 2 : isSwitch ? 1 : 0;
  Argument result{std::string(argument.substr(start, equals - start)), std::nullopt};
  if (equals == std::string_view::npos) {
    result.key = argument.substr(start);
  } else {
    result.text = argument.substr(equals + 1);
  }
  return result;
}

void store(CommandLine& commandLine, const std::string& key, std::string text) {
  if (text::equalsIgnoringCase(key, "contentRoot")) {
    commandLine.contentRoot = std::move(text);
  } else if (text::equalsIgnoringCase(key, "KeyPerFileDirectory")) {
    commandLine.keyPerFileDirectory = std::move(text);
  } else if (text::equalsIgnoringCase(key, "environment")) {
    commandLine.environment = std::move(text);
  } else {
    commandLine.layer.set({key, std::move(text), "command line"});
  }
}

}  // namespace

CommandLine readCommandLine(const std::vector<std::string>& arguments, Findings& findings) {
  CommandLine commandLine;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto argument = splitArgument(arguments[i]);
    if (!argument) {
      findings.problems.push_back("command line, argument " + std::to_string(i + 1) +
                                  ": is not of the form --Section:Key=value");
      continue;
    }
    if (!argument->text) {
      if (i + 1 == arguments.size() || arguments[i + 1].starts_with("--")) {
        findings.problems.push_back("command line: --" + argument->key + " has no value");
        continue;
      }
      argument->text = arguments[++i];
    }
    store(commandLine, argument->key, std::move(*argument->text));
  }
  return commandLine;
}

Sources readSources(const LoadInput& input, Findings& findings) {
  CommandLine commandLine = readCommandLine(input.arguments, findings);
  Sources sources;
  sources.layers.push_back(readHttpPorts(input));
  sources.environmentName = environmentName(input, commandLine, findings);
  const fs::path root = contentRoot(input, commandLine, findings);
  sources.layers.push_back(readJsonFile(root / "appsettings.json", findings));
  sources.layers.push_back(readJsonFile(root / ("appsettings." + sources.environmentName + ".json"), findings));
  if (!commandLine.keyPerFileDirectory.empty()) {
    sources.layers.push_back(
        readKeyPerFileDirectory(input.workingDirectory / commandLine.keyPerFileDirectory, findings));
  }
  sources.layers.push_back(readEnvironment(input));
  sources.layers.push_back(std::move(commandLine.layer));
  reportUnusedPorts(input, sources.layers, findings);
  for (Layer& layer : sources.layers) resolveAlias(layer);
  return sources;
}

}  // namespace lull::config
