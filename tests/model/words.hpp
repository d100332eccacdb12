#pragma once

#include "model/steps.hpp"

#include <lull/domain/event.hpp>
#include <lull/domain/filter.hpp>

/// What events are about, and filters ask for. The words are few, so that events and filters meet.
namespace lull::model {

/// Draws type, operation, scope and changed fields of an event that has its change type.
void drawFacts(Event& event, Random& random);
/// One that lists something.
Filter drawFilter(Random& random);
/// One that no event passes.
Filter refusingAll();

}  // namespace lull::model
