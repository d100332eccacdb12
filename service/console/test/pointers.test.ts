import { test } from 'node:test';
import assert from 'node:assert/strict';
import { errorsAtFields, step } from '../src/text/pointers';

const fields = ['/name', '/changeTypes', '/headers', '/filter', '/filter/events'];
const at = (pointer: string, detail = 'no') => errorsAtFields([{ pointer, detail }], fields);

test('an error stands at the field that its pointer names', () => {
  assert.deepEqual([...at('/name').at], [['/name', ['no']]]);
});

test('a pointer into a field names the place there', () => {
  assert.deepEqual(at('/headers/X-Tenant').at.get('/headers'), ['X-Tenant: no']);
  assert.deepEqual(at(`/headers/${step('a/b~c')}`).at.get('/headers'), ['a/b~c: no']);
});

test('the field that fits best wins, and a longer name is another field', () => {
  assert.deepEqual(at('/filter/events/0').at.get('/filter/events'), ['0: no']);
  assert.deepEqual(at('/filter/operations').at.get('/filter'), ['operations: no']);
  assert.deepEqual(at('/names'), { at: new Map(), rest: ['names: no'] });
});

test('what belongs to no field is told all the same', () => {
  assert.deepEqual(at('').rest, ['no']);
  assert.deepEqual(at('/target/broker').rest, ['target/broker: no']);
});

test('several errors of one field stand together', () => {
  const { at: found } = errorsAtFields([{ pointer: '/name', detail: 'a' }, { pointer: '/name', detail: 'b' }], fields);
  assert.deepEqual(found.get('/name'), ['a', 'b']);
});
