#include <lull/formats/formats.hpp>

#include <chrono>
#include <cstdio>
#include <string>

/// What a notification costs to write, in each built-in format: nanoseconds per message, on one thread.
int main() {
  using namespace lull;
  constexpr int kRounds = 500'000;
  const Catalogue catalogue(builtinChangeTypes());
  const formats::Formats all({}, {{"source", "/dam/production"}, {"environment", "prod"}}, IdField::BaseId);
  Message message;
  message.id = "msg_4f1c2d3e_01hgx7k9q2w8e6r4t5y0_1764000000000077";
  message.key = {1, ItemId(4711)};
  message.payload.baseId = ItemId(12);
  message.payload.eventType = "AssetMetadataUpdated";
  message.payload.data =
      R"({"title": "A title as long as they are", "status": "published", "keywords": ["a", "b", "c"]})";
  message.upto = 1'764'000'000'000'077;
  message.eventCount = 20;
  message.occurredAt = message.sentAt = instantOf(1'764'000'000'123);
  for (const auto& format : all.all()) {
    std::size_t bytes = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      std::string body;
      format.body.appendTo(body, message, catalogue);
      bytes += body.size();
      for (const auto& [name, value] : format.headers) {
        std::string text;
        value.appendTo(text, message, catalogue);
        bytes += text.size();
      }
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    std::printf("%-22s %6.0f ns  %4zu bytes\n", format.text.name.c_str(), took.count() / kRounds, bytes / kRounds);
  }
}
