#include "letter_reading.hpp"

#include "letter_id.hpp"
#include "reply_reader.hpp"

#include <lull/ports/absent.hpp>
#include <lull/redis/keys.hpp>

namespace lull::redis {

Result<StoredLetter> readLetterAt(Shard& shard, const EndpointId& endpoint, const MessageKey& key) {
  auto reply = shard.call({"HGET", shard.keys().letters(endpoint), key.packed()});
  if (!reply) return reply.error();
  if (reply->kind != Reply::Kind::String) return ports::noSuchLetter();
  try {
    return readLetter(reply->text, key, shard.epoch(), endpoint, shard.number());
  } catch (const UnreadableValue&) {
    // Once it is set aside it is no dead letter any more, so other readers do not meet it.
    if (auto aside = shard.setAside({Damage::What::Letter, endpoint, {{key.packed(), reply->text}}}); !aside)
      return std::move(aside).error();
    return ports::noSuchLetter();
  }
}

Result<StoredLetter> readLetterById(Shard& shard, const std::string& id) {
  const auto place = parseLetterId(id);
  if (!place || place->shard != shard.number()) return ports::noSuchLetter();
  auto stored = readLetterAt(shard, place->endpoint, place->key);
  if (stored && stored->number != place->number) return ports::noSuchLetter();
  return stored;
}

}  // namespace lull::redis
