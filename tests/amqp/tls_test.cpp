// AMQP 1.0 over TLS, with a certificate of the client that the broker asks for.
#include "scene.hpp"
#include "stomp/certificate.hpp"

namespace lull::amqp {
namespace {

struct AmqpTls : Amqp {
  brokers::Broker withTls(const testing::AmqpPeer& peer) const {
    auto one = broker();
    one.port = peer.port();
    one.tls = true;
    one.caFile = own_.file();
    return one;
  }
  const testing::Certificate own_;
};

TEST_F(AmqpTls, WhoShowsACertificateIsLetIn) {
  const testing::AmqpPeer peer(own_.file());
  auto known = withTls(peer);
  known.clientCertificate = own_.file();
  start(known);
  const auto to = endpoint("customer-17");
  std::vector<Answer> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i), std::string(20'000, '1')));
  for (auto& answer : answers) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Delivered) << one.sentence;
  }
  EXPECT_EQ(peer.of("customer-17").size(), 20U);
  channel_.reset();  // before its peer
}

TEST_F(AmqpTls, WhoShowsNoneIsNot) {
  const testing::AmqpPeer peer(own_.file());
  start(withTls(peer));
  expectUncharged(result(deliver(endpoint("customer-17"), "msg_1")));
  EXPECT_EQ(peer.of("customer-17").size(), 0U);
  channel_.reset();
}

}  // namespace
}  // namespace lull::amqp
