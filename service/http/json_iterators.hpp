#pragma once

#include <lull/text/ascii.hpp>
#include <lull/text/counting_iterator.hpp>

/// The iterators through which a parser reads JSON text.
namespace lull::http {

/// Walks over JSON text as CountingIterator does, but the parser sees numbers cut to 25 digits and exponents to one: no
/// double can hold 1e400, which is JSON all the same. Shortening makes no text a number that was none before, or the
/// other way round; and 25 digits are still too many for 64 bits.
class ShorteningIterator : public text::ShownIterator<ShorteningIterator> {
 public:
  ShorteningIterator(const char* at, const char* end, const char** seen) : ShownIterator(at, seen), end_(end) {}
  using ShownIterator::operator++;
  ShorteningIterator& operator++() {
    look();
    ++at_;
    while (digits_ >= most_ && at_ != end_ && text::isDigit(*at_)) ++at_;
    *seen_ = at_;
    return *this;
  }

 private:
  static constexpr int kMostDigits = 25;

  void look() {
    const char c = *at_;
    if (c == '"' && !escaped_) inText_ = !inText_;
    escaped_ = inText_ && c == '\\' && !escaped_;
    const bool signOfExponent = (c == '+' || c == '-') && most_ == 1;
    digits_ = text::isDigit(c) && !inText_ ? digits_ + 1 : 0;
    if (digits_ == 0 && !signOfExponent) most_ = !inText_ && (c == 'e' || c == 'E') ? 1 : kMostDigits;
  }

  const char* end_;
  bool inText_ = false;
  bool escaped_ = false;
  int digits_ = 0;          // in a row
  int most_ = kMostDigits;  // of those at hand
};

}  // namespace lull::http
