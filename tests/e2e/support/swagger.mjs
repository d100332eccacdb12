// Reads the service's own OpenAPI description.
import assert from 'node:assert/strict';

const methods = ['get', 'put', 'post', 'delete', 'patch'];

export async function describedBy(lull) {
  const reply = await lull.outside(`${lull.pathBase}/swagger/v1/swagger.json`);
  assert.equal(reply.status, 200);
  return JSON.parse(reply.text);
}

/** Every operation below `/api/v1`: `{method, path, operation}`, paths without the base. */
export async function operationsOf(lull) {
  const description = await describedBy(lull);
  const operations = [];
  for (const [path, item] of Object.entries(description.paths)) {
    // A path may have a server of its own, as health and metrics do: they are not below the path base.
    const full = `${serverPath(item.servers ? item : description)}${path}`;
    const prefix = `${lull.pathBase}/api/v1`;
    if (!full.startsWith(`${prefix}/`)) continue;
    const relative = full.slice(prefix.length);
    for (const method of methods) {
      if (item[method]) {
        const operation = resolved(description, item[method]);
        operation.parameters = resolved(description, [...(item.parameters ?? []), ...(item[method].parameters ?? [])]);
        operations.push({ method: method.toUpperCase(), path: relative, operation });
      }
    }
  }
  return operations;
}

function serverPath({ servers = [] }) {
  const [{ url = '' } = {}] = servers;
  return new URL(url, 'http://x/').pathname.replace(/\/$/, '');
}

/** A copy with every local `$ref` replaced by what it names (schemas that contain themselves stop at the second level). */
export function resolved(description, node, seen = []) {
  if (Array.isArray(node)) return node.map((each) => resolved(description, each, seen));
  if (node === null || typeof node !== 'object') return node;
  if (typeof node.$ref === 'string') {
    if (seen.includes(node.$ref)) return {};
    const target = node.$ref.slice(2).split('/').reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], description);
    assert.ok(target, `${node.$ref} leads nowhere`);
    return resolved(description, target, [...seen, node.$ref]);
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolved(description, value, seen)]));
}

/** All examples of a media type object, by name. */
export function examplesOf(media = {}) {
  const named = Object.entries(media.examples ?? {}).map(([name, { value }]) => [name, value]);
  const single = media.example !== undefined ? [['example', media.example]] : [];
  const ofSchema = media.schema?.example !== undefined ? [['schema', media.schema.example]] : [];
  return [...single, ...named, ...ofSchema];
}
