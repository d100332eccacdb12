// A client as openapi-typescript and openapi-fetch make it. What does not compile here would not for a user either.
import createClient from 'openapi-fetch';
import type { components, paths } from './openapi_types';

export type Endpoint = components['schemas']['Endpoint'];

export function clientOf(baseUrl: string) {
  const client = createClient<paths>({ baseUrl });
  const path = (id: string) => ({ params: { path: { id } } });

  function good<T>(what: string, { data, error, response }: { data?: T | undefined; error?: unknown; response: Response }): T {
    if (data === undefined) throw new Error(`${what}: ${response.status} ${JSON.stringify(error)}`);
    return data;
  }

  return {
    async get(id: string): Promise<Endpoint> {
      return good('get', await client.GET('/api/v1/endpoints/{id}', path(id)));
    },
    /** With what is required, and no more. */
    async create(url: string): Promise<Endpoint> {
      return good('create', await client.POST('/api/v1/endpoints', { body: { name: 'New', url, changeTypes: 1 } }));
    },
    async wouldRetry(endpointId: string): Promise<number> {
      return good('retry', await client.POST('/api/v1/dead-letters/retry', { body: { endpointId, dryRun: true } })).retried;
    },
    async list(): Promise<Endpoint[]> {
      return good('list', await client.GET('/api/v1/endpoints', { params: { query: { limit: 500 } } })).items;
    },
    /** The read model as it is becomes the body. */
    async put(id: string, endpoint: Endpoint): Promise<Endpoint> {
      return good('put', await client.PUT('/api/v1/endpoints/{id}', { ...path(id), body: endpoint }));
    },
    async patch(id: string, endpoint: Endpoint): Promise<Endpoint> {
      return good('patch', await client.PATCH('/api/v1/endpoints/{id}', { ...path(id), body: endpoint }));
    },
    async rename(id: string, name: string): Promise<Endpoint> {
      return good('rename', await client.PATCH('/api/v1/endpoints/{id}', { ...path(id), body: { name } }));
    },
    async clear(id: string, header: string): Promise<Endpoint> {
      const body = { timeout: null, maxConcurrency: null, idField: null, headers: { [header]: null } };
      return good('clear', await client.PATCH('/api/v1/endpoints/{id}', { ...path(id), body }));
    },
  };
}
