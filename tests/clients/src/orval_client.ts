// A client as orval makes it: every body that is sent and every reply that comes goes through its zod schemas.
import * as api from './orval_functions';
import * as schemas from './orval_schemas';
import { setOrigin } from './orval_fetcher';

interface Schema<T> {
  parse(value: unknown): T;
}

function good<T>(what: string, schema: Schema<T>, reply: { status: number; data?: unknown }): T {
  if (reply.status >= 300) throw new Error(`${what}: ${reply.status} ${JSON.stringify(reply.data)}`);
  return schema.parse(reply.data);
}

export type Endpoint = api.Endpoint;

export function clientOf(origin: string) {
  setOrigin(origin);
  return {
    async get(id: string): Promise<Endpoint> {
      return good('get', schemas.getEndpointResponse, await api.getEndpoint(id));
    },
    /** With what is required, and no more. */
    async create(url: string): Promise<Endpoint> {
      const body = { name: 'New', url, changeTypes: 1 };
      return good('create', schemas.patchEndpointResponse, await api.createEndpoint(schemas.createEndpointBody.parse(body)));
    },
    async wouldRetry(endpointId: string): Promise<number> {
      const body = schemas.retryDeadLettersBody.parse({ endpointId, dryRun: true });
      return good('retry', schemas.retryDeadLettersResponse, await api.retryDeadLetters(body)).retried;
    },
    async list(): Promise<Endpoint[]> {
      return good('list', schemas.listEndpointsResponse, await api.listEndpoints({ limit: 500 })).items;
    },
    async put(id: string, endpoint: Endpoint): Promise<Endpoint> {
      return good('put', schemas.putEndpointResponse, await api.putEndpoint(id, schemas.putEndpointBody.parse(endpoint)));
    },
    async patch(id: string, endpoint: Endpoint): Promise<Endpoint> {
      return good('patch', schemas.patchEndpointResponse, await api.patchEndpoint(id, schemas.patchEndpointBody.parse(endpoint)));
    },
    async rename(id: string, name: string): Promise<Endpoint> {
      return good('rename', schemas.patchEndpointResponse, await api.patchEndpoint(id, schemas.patchEndpointBody.parse({ name })));
    },
    async clear(id: string, header: string): Promise<Endpoint> {
      const body = { timeout: null, maxConcurrency: null, idField: null, headers: { [header]: null } };
      return good('clear', schemas.patchEndpointResponse, await api.patchEndpoint(id, schemas.patchEndpointBody.parse(body)));
    },
    /** Everything else that can be read, each reply held against its schema. @returns how many items each list had */
    async readAll(id: string): Promise<Record<string, number>> {
      const letters = good('letters', schemas.listDeadLettersResponse, await api.listDeadLetters({ endpointId: id })).items;
      for (const { id: letter } of letters) good('letter', schemas.getDeadLetterResponse, await api.getDeadLetter(letter));
      good('stats', schemas.getStatsResponse, await api.getStats());
      good('secret', schemas.getSecretResponse, await api.getSecret(id));
      good('test', schemas.testEndpointResponse, await api.testEndpoint(id));
      return {
        letters: letters.length,
        attempts: good('attempts', schemas.listAttemptsResponse, await api.listAttempts(id)).items.length,
        queue: good('queue', schemas.listQueueResponse, await api.listQueue(id)).items.length,
        windows: good('windows', schemas.listWindowsResponse, await api.listWindows()).items.length,
        changeTypes: good('types', schemas.listChangeTypesResponse, await api.listChangeTypes()).items.length,
      };
    },
  };
}
