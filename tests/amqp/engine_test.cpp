// What the library holds.
#include "../../service/amqp/proton_engine.hpp"
#include "scene.hpp"

#include <proton/sender.hpp>
#include <proton/session.hpp>

namespace lull::amqp {
namespace {

struct LibrarysLinks : Amqp {
  void turnUntil(const std::function<bool()>& is) {
    EXPECT_TRUE(soon([&] {
      engine_->turn();
      return is();
    }));
  }
  void open() {
    auto wire = brokers::Wire::open(broker(), {});
    engine_ = std::make_unique<Engine>("desk", std::get<std::unique_ptr<brokers::Wire>>(std::move(wire)),
                                       &std::chrono::steady_clock::now);
    engine_->begin({"lull-test", "127.0.0.1", "lull", "hare-and-hounds", std::chrono::seconds(10)});
    turnUntil([&] { return engine_->isOpen(); });
  }
  static int links(const proton::session& of) {
    int count = 0;
    for ([[maybe_unused]] const auto& link : of.senders()) ++count;
    return count;
  }

  std::unique_ptr<Engine> engine_;
};

// A queue that is refused is tried again by each message of its endpoint, for weeks.
TEST_F(LibrarysLinks, ThoseThatEitherSideHasClosedAreForgotten) {
  open();
  auto good = engine_->attach("customer-17");
  const auto session = good.session();
  for (int i = 0; i < 3; ++i) engine_->attach("missing");
  EXPECT_EQ(links(session), 4);
  turnUntil([&] { return peer_.openLinks("missing") == 0 && peer_.links("missing") == 3 && isAnswered(good); });
  turnUntil([&] { return links(session) == 1; });
  Engine::leave(good);
  EXPECT_EQ(links(session), 0);
  turnUntil([&] { return peer_.openLinks("customer-17") == 0; });
  EXPECT_FALSE(engine_->wire().lost());
}

}  // namespace
}  // namespace lull::amqp
