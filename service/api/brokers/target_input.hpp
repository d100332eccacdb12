#pragma once

#include "endpoints/registration_input.hpp"
#include "input_errors.hpp"
#include "object_reader.hpp"

#include <lull/domain/endpoint.hpp>

namespace lull::api {

/// Reads `target`, where the messages of an endpoint with channel rabbitmq go; errors point at /target/…. What is equal
/// in `stored` (nullptr: there is none) may stay although the settings have lost the broker, its exchange, or a value
/// of the routing key; else nothing of the endpoint could be changed.
RabbitTarget readRabbitTarget(const http::Json& given, const RabbitTarget* stored, const Vocabulary& vocabulary,
                              InputErrors& errors);
/// The same of an endpoint with channel amqp.
AmqpTarget readAmqpTarget(const http::Json& given, const AmqpTarget* stored, const Vocabulary& vocabulary,
                          InputErrors& errors);

/// As GET shows it: what the registration gave.
http::Json rabbitTargetJson(const RabbitTarget& target);
http::Json amqpTargetJson(const AmqpTarget& target);

/// Notes what only a webhook can have, of the registration of another kind.
void refuseWebhookParts(const ObjectReader& reader, const Telling& telling);

}  // namespace lull::api
