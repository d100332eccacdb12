#pragma once

#include <lull/net/ip_address.hpp>

#include <vector>

namespace lull::net {

/// The IPv4 addresses that an IPv6 address may lead to, the likeliest first; none for most addresses. Known are NAT64
/// with the well-known and the local-use prefix (RFC 6052, RFC 8215), IPv4-compatible (RFC 4291 section 2.5.5.1) and
/// IPv4-translated addresses (RFC 2765), 6to4 (RFC 3056), Teredo (RFC 4380: its server and its client) and ISATAP (RFC
/// 5214). A local-use NAT64 prefix may have several lengths, and nothing in the address tells which: then there is more
/// than one. Addresses of 0.0.0.0/8 are left out, for they lead nowhere.
std::vector<IpAddress> embeddedV4(const IpAddress& address);

}  // namespace lull::net
