#include "answer_reader.hpp"

#include <algorithm>
#include <charconv>

namespace lull::net {

/// "1a;extension=value": the extensions are skipped (RFC 9112 section 7.1.1).
ChunkReader::Next ChunkReader::takeSize() {
  constexpr int kHex = 16;
  const auto line = lines_.line();
  const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), data_, kHex);
  if (failure != std::errc{}) return Next::Malformed;
  const auto rest = line.substr(static_cast<std::size_t>(end - line.data()));
  const auto extension = rest.find_first_not_of(" \t");
  if (extension != std::string_view::npos && rest[extension] != ';') return Next::Malformed;
  place_ = data_ == 0 ? Place::Trailers : Place::Data;
  return Next::NeedsMore;
}

AnswerReader::State AnswerReader::feed(std::string_view bytes) {
  anyByte_ = anyByte_ || !bytes.empty();
  while (state_ == State::Head && !bytes.empty()) feedHead(bytes);
  if (state_ == State::Body) feedBody(bytes);
  if (state_ == State::Whole && !bytes.empty()) exact_ = false;
  return state_;
}

void AnswerReader::feedHead(std::string_view& bytes) {
  const auto before = bytes.size();
  const bool ended = lines_.take(bytes);
  headBytes_ += before - bytes.size();
  if (headBytes_ > limits_.headBytes) {
    state_ = State::TooLong;
    return;
  }
  if (!ended) return;
  const auto line = head_.take(lines_.line(), lines_.cut());
  lines_.next();
  ++headLines_;
  if (line == AnswerHead::Line::Malformed) state_ = State::NotHttp;
  if (line != AnswerHead::Line::End) return;
  headLines_ = 0;
  if (head_.interim()) {
    head_ = AnswerHead{};
  } else {
    beginBody();
  }
}

void AnswerReader::beginBody() {
  state_ = State::Body;
  const auto kind = head_.body();
  left_ = head_.length();
  if (kind == BodyKind::None || (kind == BodyKind::Length && left_ == 0)) end(true);
  if (kind == BodyKind::Unknown) end(false);
}

void AnswerReader::feedBody(std::string_view& bytes) {
  switch (head_.body()) {
    case BodyKind::Length:
      left_ -= takeBody(bytes, left_);
      if (left_ == 0) end(true);
      break;
    case BodyKind::Chunked:
      feedChunks(bytes);
      break;
    default:
      takeBody(bytes, bytes.size());
      break;
  }
  if (state_ == State::Body && bodyBytes_ > limits_.bodyBytes) end(false);
}

void AnswerReader::feedChunks(std::string_view& bytes) {
  while (bodyBytes_ <= limits_.bodyBytes) {
    const auto before = bytes.size();
    const auto next = chunks_.advance(bytes);
    bodyBytes_ += before - bytes.size();
    if (next == ChunkReader::Next::Data) {
      chunks_.took(takeBody(bytes, chunks_.data()));
      continue;
    }
    if (next != ChunkReader::Next::NeedsMore) end(next == ChunkReader::Next::End);
    return;
  }
}

std::size_t AnswerReader::takeBody(std::string_view& bytes, std::uint64_t most) {
  const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(most, bytes.size())));
  excerpt_.append(part.substr(0, limits_.excerptBytes - excerpt_.size()));
  bodyBytes_ += part.size();
  bytes.remove_prefix(part.size());
  return part.size();
}

void AnswerReader::end(bool exactly) {
  state_ = State::Whole;
  exact_ = exactly;
  complete_ = exactly && bodyBytes_ <= limits_.bodyBytes;
}

void AnswerReader::closed() {
  if (state_ == State::Body && head_.body() == BodyKind::UntilClose) complete_ = true;
}

}  // namespace lull::net
