#include <lull/domain/time.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace lull {
namespace {

struct SpanCase {
  std::string text;
  std::string expected;  ///< in the "c" format; empty: refused
};

// The rows up to the blank line are those of the .NET documentation of TimeSpan.Parse (invariant culture).
const std::vector<SpanCase> kSpans{
    {"0", "00:00:00"},
    {"14", "14.00:00:00"},
    {"1:2:3", "01:02:03"},
    {"0:0:0.250", "00:00:00.2500000"},
    {"10.20:30:40.50", "10.20:30:40.5000000"},
    {"99.23:59:59.9990000", "99.23:59:59.9990000"},
    {"0023:0059:0059.0099", "23:59:59.0090000"},  // .NET keeps .0099; Lull counts milliseconds.
    {"23:0:0", "23:00:00"},
    {"24:0:0", "24.00:00:00"},
    {"0:59:0", "00:59:00"},
    {"0:60:0", ""},
    {"0:0:59", "00:00:59"},
    {"0:0:60", ""},
    {"10:", ""},
    {"10:0", "10:00:00"},
    {":10", ""},
    {"0:10", "00:10:00"},
    {"10:20:", ""},
    {"10:20:0", "10:20:00"},
    {".123", ""},
    {"0.12:00", "12:00:00"},
    {"10.", ""},
    {"10.12", ""},
    {"10.12:00", "10.12:00:00"},
    {"6", "6.00:00:00"},
    {"6:12", "06:12:00"},
    {"6:12:14", "06:12:14"},
    {"6:12:14:45", "6.12:14:45"},
    {"6.12:14:45", "6.12:14:45"},
    {"6:12:14:45.3448", "6.12:14:45.3440000"},
    {"6:12:14:45,3448", ""},
    {"6:34:14:45", ""},

    {"-00:00:05", "-00:00:05"},
    {"-1.02:00:00.5", "-1.02:00:00.5000000"},
    {"- 00:00:05", ""},
    {"+00:00:05", ""},
    {"00 :00:05", ""},
    {"00:00:00.0009", "00:00:00"},
    {"00:00:00.1234567", "00:00:00.1230000"},
    {"00:00:00.12345678", ""},
    {"00:00:00.", ""},
    {"00:00:.5", ""},
    {"24:00", ""},
    {"24:00:00.5", ""},
    {"24:30:15", ""},
    {"25:23:59", "25.23:59:00"},
    {"1.24:00:00", ""},
    {"1.00:60:00", ""},
    {"10675199.02:48:05.4770000", "10675199.02:48:05.4770000"},
    {"10675199.02:48:05.4780000", ""},
    {"10675199", "10675199.00:00:00"},
    {"10675200", ""},
    {"99999999999999999999", ""},
    {"00:00:99999999999999999999", ""},
    {"", ""},
    {"   ", ""},
    {"-", ""},
    {"5s", ""},
    {"PT5S", ""},
    {"0x5", ""},
    {"1:2:3:4:5", ""},
    {"00:00:05\xC2\xA0", ""},
};

TEST(TimeSpan, ReadsWhatDotNetReadsAndRefusesTheRest) {
  for (const auto& [text, expected] : kSpans) {
    const auto reading = parseTimeSpan(text);
    EXPECT_EQ(reading.value.has_value(), !expected.empty()) << "'" << text << "'";
    EXPECT_EQ(reading.error.empty(), reading.value.has_value()) << "'" << text << "'";
    if (reading.value) {
      EXPECT_EQ(formatTimeSpan(*reading.value), expected) << "'" << text << "'";
    }
  }
}

TEST(TimeSpan, WarnsOnlyWhereDotNetReadsDaysUnexpectedly) {
  for (const std::string text : {"24:00:00", "30:00:00", "5", "-5", "1"}) {
    EXPECT_NE(parseTimeSpan(text).warning.find("days"), std::string::npos) << text;
  }
  for (const std::string text : {"23:59:59", "1.00:00:00", "5:00", "1:00:00:00", "24:00"}) {
    EXPECT_EQ(parseTimeSpan(text).warning, "") << text;
  }
  EXPECT_NE(parseTimeSpan("24:00:00").warning.find("24 days"), std::string::npos);
}

TEST(TimeSpan, FormatsSoThatItReadsBackEqual) {
  for (const std::int64_t millis : {0LL, 1LL, 999LL, 1000LL, 59'999LL, 86'400'000LL, 345'600'001LL, -1500LL}) {
    const auto text = formatTimeSpan(Millis{millis});
    EXPECT_EQ(parseTimeSpan(text).value, Millis{millis}) << text;
  }
  EXPECT_EQ(formatTimeSpan(Millis{90'061'001}), "1.01:01:01.0010000");
}

TEST(Rfc3339, FormatsUtcWithMilliseconds) {
  EXPECT_EQ(formatRfc3339(instantOf(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(formatRfc3339(instantOf(1795468746123)), "2026-11-23T21:19:06.123Z");
  EXPECT_EQ(formatRfc3339(instantOf(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, ReadsEveryOffsetAndFraction) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"2026-11-23T21:19:06.123Z", 1795468746123},  {"2026-11-23T21:19:06Z", 1795468746000},
      {"2026-11-23t21:19:06z", 1795468746000},      {"2026-11-23T23:19:06.123+02:00", 1795468746123},
      {"2026-11-23T15:49:06-05:30", 1795468746000}, {"2026-11-23T21:19:06.1239999999Z", 1795468746123},
      {"2026-11-23T21:19:06.1Z", 1795468746100},    {"2024-02-29T00:00:00-00:00", 1709164800000},
      {"1990-12-31T23:59:60Z", 662688000000},       {"1990-12-31T15:59:60-08:00", 662688000000},
      {"0001-01-01T00:00:00Z", -62135596800000},
  };
  for (const auto& [text, millis] : cases) {
    const auto at = parseRfc3339(text);
    ASSERT_TRUE(at) << text;
    EXPECT_EQ(millisOf(*at), millis) << text;
  }
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const std::string text : {"",
                                 "2026-11-23",
                                 "2026-11-23T21:19:06",
                                 "2026-11-23 21:19:06Z",
                                 "2026-11-23T21:19Z",
                                 "2026-02-29T00:00:00Z",
                                 "2026-13-01T00:00:00Z",
                                 "2026-00-01T00:00:00Z",
                                 "2026-11-31T00:00:00Z",
                                 "2026-11-23T24:00:00Z",
                                 "2026-11-23T21:60:06Z",
                                 "2026-11-23T21:19:61Z",
                                 "2026-11-23T21:19:60Z",
                                 "2026-11-23T21:19:06.Z",
                                 "2026-11-23T21:19:06+0200",
                                 "2026-11-23T21:19:06+02",
                                 "2026-11-23T21:19:06+24:00",
                                 "2026-11-23T21:19:06+02:60",
                                 "2026-11-23T21:19:06Z ",
                                 " 2026-11-23T21:19:06Z",
                                 "26-11-23T21:19:06Z",
                                 "+2026-11-23T21:19:06Z",
                                 "2026-11-23T21:19:06,5Z",
                                 "2026-11-23T21:19:06ZZ"}) {
    EXPECT_FALSE(parseRfc3339(text)) << text;
  }
}

TEST(HttpDate, ReadsTheThreeFormsOfRfc9110) {
  for (const std::string text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    const auto at = parseHttpDate(text);
    ASSERT_TRUE(at) << text;
    EXPECT_EQ(millisOf(*at), 784111777000) << text;
  }
  EXPECT_EQ(parseHttpDate("Sun Nov 16 08:49:37 1994"), parseHttpDate("Wed, 16 Nov 1994 08:49:37 GMT"));
  EXPECT_EQ(parseHttpDate("Monday, 23-Nov-26 21:19:06 GMT"), instantOf(1795468746000));
}

TEST(HttpDate, RefusesEverythingElse) {
  for (const std::string text :
       {"", "120", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "2026-11-23T21:19:06Z"}) {
    EXPECT_FALSE(parseHttpDate(text)) << text;
  }
}

}  // namespace
}  // namespace lull
