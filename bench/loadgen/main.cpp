#include "loadgen/generator.hpp"
#include "loadgen/options.hpp"

#include <CLI/CLI.hpp>
#include <sys/prctl.h>

#include <cstdio>
#include <exception>
#include <map>

namespace {

using lull::bench::BodyKind;

void describe(CLI::App& app, lull::bench::LoadOptions& options) {
  static const std::map<std::string, BodyKind> kinds = {{"single", BodyKind::kSingle},
                                                        {"array", BodyKind::kArray},
                                                        {"ndjson", BodyKind::kNdjson},
                                                        {"notification", BodyKind::kNotification}};
  app.add_option("--target", options.targets, "host:port, may be repeated")->required();
  app.add_option("--path", options.path, "Request path");
  app.add_option("--header", options.headers, "Extra header line, may be repeated");
  app.add_option("--connections", options.connections, "Keep-alive connections")->check(CLI::Range(1, 20000));
  app.add_option("--rate", options.rate, "Requests per second, open loop; 0 = closed loop at full speed");
  app.add_option("--duration", options.duration, "Seconds of sending");
  app.add_option("--requests", options.requests, "Number of requests");
  app.add_option("--warmup", options.warmup, "Seconds at the start that are not reported");
  app.add_option("--grace", options.grace, "Seconds without any reply after which the load ends");
  app.add_option("--body", options.body, "single, array, ndjson or notification")
      ->transform(CLI::CheckedTransformer(kinds, CLI::ignore_case));
  app.add_option("--batch", options.batch, "Events per bulk request")->check(CLI::Range(1, 1000));
  app.add_option("--type", options.type, "Event type");
  app.add_option("--data-bytes", options.dataBytes, "Bytes of `data` in each event; 0 = none")
      ->check(CLI::Range(0, 65536));
  app.add_option("--first-item", options.firstItem, "First item id");
  app.add_option("--hot-universe", options.hotUniverse, "90 % of events on 1 % of this many items; 0 = distinct items");
  app.add_option("--seed", options.seed, "Of the skewed distribution");
  app.add_option("--sent-log", options.sentLog, "File for one line per accepted request");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"HTTP load: open loop on a fixed schedule, or closed loop; prints one JSON report"};
  lull::bench::LoadOptions options;
  describe(app, options);
  CLI11_PARSE(app, argc, argv);
  if (options.duration <= 0 && options.requests == 0) {
    std::fputs("give --duration or --requests\n", stderr);
    return 2;
  }
  // By default the kernel may wake a waiting thread 50 µs late, which would show as latency of the open loop.
  prctl(PR_SET_TIMERSLACK, 1);
  try {
    const auto report = lull::bench::Generator(options).run();
    const auto events = lull::bench::RequestBuilder(options).eventsPerRequest();
    std::puts(report.toJson(events).dump().c_str());
    if (!options.sentLog.empty() && !report.writeSentLog()) {
      std::fprintf(stderr, "cannot write %s\n", options.sentLog.c_str());
      return 1;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
