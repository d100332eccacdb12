#include "endpoints/registration_input.hpp"

#include "brokers/target_input.hpp"
#include "endpoints/filter_input.hpp"
#include "endpoints/telling_input.hpp"
#include "endpoints/webhook_rules.hpp"
#include "object_reader.hpp"

#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>

namespace lull::api {

namespace {

constexpr std::size_t kMostNameCharacters = 200;
constexpr Millis kLeastTimeout{1000};
constexpr Millis kMostTimeout{120000};
constexpr std::int64_t kMostConcurrency = 1024;
constexpr std::int64_t kMostPerSecond = 10'000;
constexpr std::string_view kSecretPrefix = "whsec_";
constexpr auto kChangeable =
    std::to_array<std::string_view>({"name", "channel", "url", "target", "changeTypes", "headers", "enabled", "timeout",
                                     "maxConcurrency", "rateLimitPerSecond", "secret", "idField", "format", "filter",
                                     "delivery", "order", "onFailure", "results", "position"});
// So that GET → edit → PUT works.
constexpr auto kReadOnly = std::to_array<std::string_view>(
    {"id", "changeTypeNames", "health", "pausedReason", "queueDepth", "missed", "mailbox", "consecutiveFailures",
     "lastSuccessAt", "lastError", "nextAttemptAt", "createdAt", "updatedAt"});

template <class Names>
bool isListed(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// Reads one body; each method takes one property.
class RegistrationReader {
 public:
  RegistrationReader(const http::Json& body, const Registration* stored, const Vocabulary& vocabulary,
                     InputErrors& errors)
      : reader_(body, "", errors),
        stored_(stored),
        vocabulary_(vocabulary),
        catalogue_(vocabulary.catalogue),
        formats_(vocabulary.formats),
        errors_(errors) {}

  RegistrationInput read() {
    reader_.allowOnly([](std::string_view one) { return isListed(kChangeable, one) || isReadOnlyProperty(one); });
    name();
    channel();
    if (stored_ != nullptr && stored_->isWebhook() && registration().isWebhook())
      registration().webhook().secrets = stored_->webhook().secrets;
    if (registration().isWebhook())
      url();
    else
      target();
    changeTypes();
    if (registration().isWebhook()) headers();
    enabled();
    timeout();
    maxConcurrency();
    rateLimit();
    idField();
    format();
    filter();
    registration().telling = readTelling(reader_, errors_);
    if (registration().isWebhook())
      webhookOnly();
    else
      refuseWebhookParts(reader_, registration().telling);
    return std::move(input_);
  }

 private:
  Registration& registration() { return input_.registration; }

  void require(std::string_view property) {
    if (reader_.find(property) == nullptr) reader_.note(property, "It is required.");
  }

  void name() {
    require("name");
    const auto given = reader_.text("name");
    if (!given) return;
    const auto characters = text::countCharacters(*given);
    if (characters < 1 || characters > kMostNameCharacters) reader_.note("name", "It must have 1 to 200 characters.");
    registration().name = *given;
  }

  void channel() {
    const auto given = reader_.text("channel");
    const auto before = stored_ != nullptr ? stored_->channel() : ChannelKind::Webhook;
    const auto kind = given ? parseChannelKind(*given) : before;
    if (before == ChannelKind::RabbitMq || kind == ChannelKind::RabbitMq) registration().target.emplace<RabbitTarget>();
    if (stored_ != nullptr && kind != before)
      return reader_.note("channel", "The channel of an endpoint never changes.");
    if (kind == ChannelKind::Webhook || kind == ChannelKind::RabbitMq) return;
    reader_.note("channel", kind == ChannelKind::Mailbox
                                ? "A mailbox is made by its client: POST /api/v1/mailboxes, or POST /Events/Register."
                                : "It must be webhook or rabbitmq.");
  }

  void target() {
    require("target");
    const auto* given = reader_.find("target");
    if (given == nullptr) return;
    registration().target =
        readRabbitTarget(*given, stored_ != nullptr ? stored_->rabbit() : nullptr, vocabulary_, errors_);
  }

  void webhookOnly() {
    if (reader_.find("target") != nullptr)
      reader_.note("target", "Only an endpoint with channel rabbitmq has it; a webhook has a url.");
    secret();
  }

  void url() {
    require("url");
    const auto given = reader_.text("url");
    if (!given) return;
    if (auto fault = urlFault(*given); !fault.empty()) return reader_.note("url", std::move(fault));
    registration().webhook().url = *given;
  }

  void changeTypes() {
    require("changeTypes");
    const auto* given = reader_.find("changeTypes");
    if (given == nullptr) return;
    // Bits of an earlier catalogue may stay or be removed: otherwise nothing of such an endpoint could be changed.
    const auto stored = stored_ != nullptr ? stored_->changeTypes : 0;
    const auto allowed = catalogue_.mask() | stored;
    const auto mask = given->is_number_integer() && *given > 0 && *given <= allowed ? given->get<std::uint32_t>() : 0;
    const bool isChange = mask != stored;
    if (mask == 0 || (mask & ~allowed) != 0 || (isChange && (mask & catalogue_.mask()) == 0)) {
      return reader_.note("changeTypes", changeTypesForm(stored));
    }
    registration().changeTypes = mask;
  }

  std::string changeTypesForm(std::uint32_t stored) const {
    std::string form = "It must be the sum of one or more values of GET /change-types (at most " +
                       std::to_string(catalogue_.mask()) + ").";
    const auto unknown = stored & ~catalogue_.mask();
    if (unknown == 0) return form;
    return form + " The stored bits that the catalogue no longer has (" + std::to_string(unknown) +
           ") may be added to it.";
  }

  void headers() {
    const auto* given = reader_.find("headers");
    if (given == nullptr) return;
    if (!given->is_object()) return reader_.note("headers", "It must be an object of header names and values.");
    for (const auto& [header, value] : given->items()) {
      if (value.is_string()) {
        registration().webhook().headers.emplace_back(header, value.get<std::string>());
      } else {
        errors_.add(http::below("/headers", header), "A header value must be a text.");
      }
    }
    judgeHeaders(registration().webhook().headers, errors_);
    for (auto& [header, value] : registration().webhook().headers) {
      if (value == kMaskedValue) unmask(header, value);
    }
  }

  void unmask(const std::string& header, std::string& value) {
    const auto note = [&](std::string detail) { errors_.add(http::below("/headers", header), std::move(detail)); };
    if (stored_ == nullptr) return note("\"***\" stands for a stored value, and none is stored.");
    const auto same = [&](const auto& one) { return text::equalsIgnoringCase(one.first, header); };
    const auto found = std::ranges::find_if(stored_->webhook().headers, same);
    if (found == stored_->webhook().headers.end())
      return note("\"***\" stands for a stored value, and none is stored.");
    if (!registration().webhook().url.empty() && !sameOrigin(registration().webhook().url, stored_->webhook().url)) {
      return note("The value must be given anew, because scheme, host or port of the url change.");
    }
    value = found->second;
  }

  void enabled() {
    if (reader_.isNull("enabled")) return reader_.note("enabled", "It must be true or false.");
    registration().enabled = reader_.boolean("enabled").value_or(true);
  }

  void timeout() {
    const auto given = reader_.text("timeout");
    if (!given) return;
    const auto span = parseTimeSpan(text::trimmed(*given, text::kAllBlanks)).value;
    if (!span || *span < kLeastTimeout || *span > kMostTimeout) {
      return reader_.note("timeout", "It must be a time span from 00:00:01 to 00:02:00.");
    }
    registration().timeout = span;
  }

  void maxConcurrency() {
    if (const auto given = reader_.number("maxConcurrency", 1, kMostConcurrency)) {
      registration().maxConcurrency = static_cast<std::uint32_t>(*given);
    }
  }

  void rateLimit() {
    if (const auto given = reader_.number("rateLimitPerSecond", 1, kMostPerSecond)) {
      registration().rateLimit = static_cast<std::uint32_t>(*given);
    }
  }

  void idField() {
    const auto given = reader_.text("idField");
    if (!given) return;
    for (const auto field : {IdField::BaseId, IdField::Specific}) {
      if (*given == toString(field)) registration().idField = field;
    }
    if (!registration().idField) reader_.note("idField", "It must be BaseId or Specific.");
  }

  /// `format` and `idField` say the same in two ways, so one request may use one of them. A value that GET showed does
  /// not count: whoever edits one of the two and puts the rest back means the one that is new.
  void format() {
    const auto given = reader_.text("format");
    if (!given) return;
    auto& idField = registration().idField;
    const bool isShown = stored_ != nullptr && *given == formats_.nameOf(*stored_);
    const bool idFieldIsShown = stored_ != nullptr && idField == stored_->idField;
    if (idField && !idFieldIsShown && !isShown) {
      return reader_.note("format", "idField is another name of two formats: give one of the two, or leave both out.");
    }
    if (idField && isShown) return;
    idField.reset();
    registration().format = *given;
    // One that has the default keeps it, whatever that will be.
    if (isShown && !stored_->idField) registration().format = stored_->format;
    if (!isShown) judgeFormat(*given);
  }

  /// Of a new one: a format that the settings have lost may stay, otherwise nothing of its endpoint could be changed.
  void judgeFormat(const std::string& name) {
    const auto* known = formats_.find(name);
    if (known == nullptr) {
      return reader_.note("format", "There is no such format; the nearest is " + std::string(formats_.nearest(name)) +
                                        ". GET /formats lists them.");
    }
    if (!known->unavailable.empty()) reader_.note("format", known->unavailable);
  }

  void filter() {
    const auto* given = reader_.find("filter");
    if (given == nullptr) return;
    registration().filter = readFilter(*given, catalogue_, stored_ == nullptr ? nullptr : &stored_->filter, errors_);
  }

  void secret() {
    if (reader_.isNull("secret")) return reader_.note("secret", "A secret cannot be removed; rotate it instead.");
    const auto given = reader_.text("secret");
    if (!given) return;
    const auto key =
        given->starts_with(kSecretPrefix) ? text::fromBase64(given->substr(kSecretPrefix.size())) : std::nullopt;
    if (!key || key->size() < 24 || key->size() > 64) {
      return reader_.note("secret", "It must be whsec_ followed by the base64 of 24 to 64 bytes.");
    }
    input_.secret = *given;
  }

  ObjectReader reader_;
  const Registration* stored_;
  const Vocabulary& vocabulary_;
  const Catalogue& catalogue_;
  const formats::Formats& formats_;
  InputErrors& errors_;
  RegistrationInput input_;
};

}  // namespace

bool isReadOnlyProperty(std::string_view name) {
  return isListed(kReadOnly, name);
}

std::optional<RegistrationInput> readRegistration(const http::Json& body, const Registration* stored,
                                                  const Vocabulary& vocabulary, InputErrors& errors) {
  auto input = RegistrationReader(body, stored, vocabulary, errors).read();
  if (!errors.empty()) return std::nullopt;
  return input;
}

}  // namespace lull::api
