#include "conformance/cases.hpp"

#include <iterator>
#include <sstream>

namespace lull::conformance {

namespace {

std::string nameOf(ports::TransportFailure failure) {
  switch (failure) {
    case ports::TransportFailure::None:
      return "none";
    case ports::TransportFailure::Connect:
      return "Connect";
    case ports::TransportFailure::Tls:
      return "Tls";
    case ports::TransportFailure::Timeout:
      return "Timeout";
    case ports::TransportFailure::Reset:
      return "Reset";
    case ports::TransportFailure::Protocol:
      return "Protocol";
    case ports::TransportFailure::Vetoed:
      return "Vetoed";
    case ports::TransportFailure::Cancelled:
      return "Cancelled";
    case ports::TransportFailure::CutOff:
      return "CutOff";
    case ports::TransportFailure::Exhausted:
      return "Exhausted";
  }
  return "";
}

std::string outcome(const Expected& expected) {
  const auto text = conformance::outcome(expected.status, expected.failure);
  return expected.orStatus ? text + " or " + std::to_string(*expected.orStatus) : text;
}

std::string cell(const Expected& expected, bool deviates) {
  std::string text = outcome(expected);
  if (deviates) text = "**" + text + "**";
  return expected.note.empty() ? text : text + ", " + expected.note;
}

}  // namespace

std::string outcome(std::optional<int> status, ports::TransportFailure failure) {
  return status ? std::to_string(*status) : nameOf(failure);
}

std::vector<Case> allCases() {
  std::vector<Case> all;
  for (auto part : {httpCases(), hostileCases(), connectionCases(), framingCases(), resendCases(), addressCases(),
                    tlsCases(), nameCases()}) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

std::string table(const std::vector<Case>& cases) {
  std::ostringstream text;
  text << "| the receiver, or the request | Native | CppRest |\n|---|---|---|\n";
  for (const auto& row : cases) {
    if (row.variant) continue;
    text << "| " << row.situation << " | " << cell(row.native, false) << " | "
         << cell(row.cppRest, outcome(row.native) != outcome(row.cppRest)) << " |\n";
  }
  return text.str();
}

}  // namespace lull::conformance
