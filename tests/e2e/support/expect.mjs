// Assertions that several suites share.
import assert from 'node:assert/strict';

/**
 * The reply is an RFC 9457 problem of this status. With a `pointer`, one of its errors points there (a RegExp may
 * allow more than one way to point).
 */
export function expectProblem(reply, status, pointer) {
  const seen = `${reply.status} ${reply.text.slice(0, 500)}`;
  assert.equal(reply.status, status, seen);
  assert.match(reply.headers['content-type'] ?? '', /^application\/problem\+json/, seen);
  assert.equal(reply.json.status, status, seen);
  for (const member of ['type', 'title', 'detail', 'traceId']) {
    assert.equal(typeof reply.json[member], 'string', `${member} in ${seen}`);
    assert.notEqual(reply.json[member], '', `${member} in ${seen}`);
  }
  if (pointer === undefined) return reply.json;
  assert.ok(Array.isArray(reply.json.errors), `errors in ${seen}`);
  const points = (error) => (pointer instanceof RegExp ? pointer.test(error.pointer) : error.pointer === pointer);
  const error = reply.json.errors.find(points);
  assert.ok(error, `an error at ${pointer} in ${seen}`);
  assert.equal(typeof error.detail, 'string', seen);
  assert.notEqual(error.detail, '', seen);
  return reply.json;
}

export function expectStatus(reply, status) {
  assert.equal(reply.status, status, `${reply.status} ${reply.text.slice(0, 500)}`);
  return reply.json;
}

/** RFC 3339 in UTC. */
export function expectTime(text, what = 'time') {
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, what);
  return Date.parse(text);
}

/** What a notification of the built-in form must be, byte for byte. */
export function bodyOf(changeType, itemId, baseId, idName = 'BaseId') {
  const id = (value) => (typeof value === 'bigint' ? `${value}` : JSON.stringify(value));
  return `{"ChangeType":${changeType},"Data":{"ItemId":${id(itemId)},"${idName}":${id(baseId)}}}`;
}
