#include "html_entities.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace lull::net {

namespace {

using Named = std::pair<std::string_view, char32_t>;

constexpr std::array kPunctuation{
    Named{"quot", U'"'},   Named{"amp", U'&'},    Named{"apos", U'\''},  Named{"lt", U'<'},     Named{"gt", U'>'},
    Named{"Tab", U'\t'},   Named{"excl", U'!'},   Named{"num", U'#'},    Named{"dollar", U'$'}, Named{"percnt", U'%'},
    Named{"lpar", U'('},   Named{"rpar", U')'},   Named{"ast", U'*'},    Named{"plus", U'+'},   Named{"comma", U','},
    Named{"period", U'.'}, Named{"sol", U'/'},    Named{"colon", U':'},  Named{"semi", U';'},   Named{"equals", U'='},
    Named{"quest", U'?'},  Named{"commat", U'@'}, Named{"lsqb", U'['},   Named{"lbrack", U'['}, Named{"bsol", U'\\'},
    Named{"rsqb", U']'},   Named{"rbrack", U']'}, Named{"Hat", U'^'},    Named{"lowbar", U'_'}, Named{"grave", U'`'},
    Named{"lcub", U'{'},   Named{"lbrace", U'{'}, Named{"verbar", U'|'}, Named{"vert", U'|'},   Named{"rcub", U'}'},
    Named{"rbrace", U'}'}};

// U+00A0 to U+00FF, in their order.
constexpr std::array<std::string_view, 96> kLatin1{
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

std::optional<char32_t> numbered(std::string_view digits) {
  const bool hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || value > 0x10FFFF)
    return std::nullopt;
  return static_cast<char32_t>(value);
}

}  // namespace

std::optional<char32_t> htmlEntity(std::string_view name) {
  if (name.starts_with('#')) return numbered(name.substr(1));
  const auto punctuation = std::ranges::find(kPunctuation, name, &Named::first);
  if (punctuation != kPunctuation.end()) return punctuation->second;
  const auto latin1 = std::ranges::find(kLatin1, name);
  if (latin1 == kLatin1.end()) return std::nullopt;
  return static_cast<char32_t>(0xA0 + (latin1 - kLatin1.begin()));
}

}  // namespace lull::net
