#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>

/// The parts of Boost.Asio that the transport uses, bound to one kind of executor, which is cheaper than any kind. Only
/// private headers include it.
namespace lull::net {

using WireContext = boost::asio::io_context;
using WireSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, WireContext::executor_type>;
using WireAlarm =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      WireContext::executor_type>;
using WireTime = std::chrono::steady_clock::time_point;
using WireError = boost::system::error_code;

}  // namespace lull::net
