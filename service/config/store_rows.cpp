#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

std::vector<KeyRow> redisRows() {
  return {
      {"Redis:Mode", "", "`Managed`, or `External` as soon as a connection string is given",
       choice<RedisMode>(put(&Settings::redis, &RedisSettings::mode),
                         {{"Managed", RedisMode::Managed}, {"External", RedisMode::External}}),
       Secrecy::Open, "Managed runs a private redis-server in the data directory."},
      {"Redis:ConnectionString", "", "none",
       text(put(&Settings::redis, &RedisSettings::connectionString), "host:6379,password=…, redis://…, unix:/path",
            checkConnectionString),
       Secrecy::ConnectionString, "The external Redis. `ConnectionStrings:Redis` is an alias."},
      {"Redis:KeyPrefix", "lull", "",
       text(put(&Settings::redis, &RedisSettings::keyPrefix), "1-64 characters of A-Z a-z 0-9 . _ - :", checkKeyPrefix),
       Secrecy::Open, "Begins every key in Redis; installations that share a Redis need different ones."},
      {"Redis:DataDirectory", "./data", "",
       text(put(&Settings::redis, &RedisSettings::dataDirectory), "path of a directory", checkNotEmpty), Secrecy::Open,
       "Where the managed Redis keeps its files."},
      {"Redis:AppendFsync", "always", "",
       choice<AppendFsync>(
           put(&Settings::redis, &RedisSettings::appendFsync),
           {{"always", AppendFsync::Always}, {"everysec", AppendFsync::EverySec}, {"no", AppendFsync::No}}),
       Secrecy::Open, "When the managed Redis writes to the disk (Managed only); `everysec` may lose about 2 s."},
      {"Redis:MaxMemory", "", "a quarter of the machine's memory, or of the container's limit",
       parsed<std::uint64_t>(put(&Settings::redis, &RedisSettings::maxMemory), "size",
                             "1mb and more, as in redis.conf: bytes, or with k, kb, m, mb, g, gb; 0 sets no limit",
                             parseMemorySize),
       Secrecy::Open,
       "How much the managed Redis may hold (Managed only). Nothing is evicted: when it is full, events are answered "
       "503 and deliveries go on."},
      {"Redis:AllowVolatile", "false", "", boolean(put(&Settings::redis, &RedisSettings::allowVolatile)), Secrecy::Open,
       "Accept an external Redis that has no append-only file or evicts keys."},
      {"Encryption:KeyFile", "", "Managed: made in the data directory; External: none (refused in Production)",
       readableFile(put(&Settings::encryption, &EncryptionSettings::keyFile)), Secrecy::FileName,
       "The key that encrypts secrets and header values in Redis."},
  };
}

}  // namespace lull::config
