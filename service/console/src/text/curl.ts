// Lines for a terminal, with the real address of this service.
import { apiAddress } from '../api/base';

/** Quotes for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const keyHeader = (needsKey: boolean): string => (needsKey ? ` -H "Authorization: Bearer $LULL_KEY"` : '');

/** `needsKey`: the service wants a credential, which stands in a variable so that it gets into no history. */
export function curlPost(path: string, body: unknown, needsKey: boolean, address = apiAddress): string {
  return `curl -sS -X POST ${address}${path} -H 'Content-Type: application/json'${keyHeader(needsKey)} \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** A call without a body; variables of the shell in `path` are kept. */
export function curlCall(method: 'GET' | 'PUT', path: string, needsKey: boolean, address = apiAddress): string {
  return `curl -sS${method === 'GET' ? '' : ` -X ${method}`}${keyHeader(needsKey)} "${address}${path}"`;
}
