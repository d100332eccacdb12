// Lines for a terminal, with the real address of this service.
import { apiAddress } from '../api/base';

/** Quotes for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `needsKey`: the service wants a credential, which stands in a variable so that it gets into no history. */
export function curlPost(path: string, body: unknown, needsKey: boolean, address = apiAddress): string {
  const key = needsKey ? ` -H "Authorization: Bearer $LULL_KEY"` : '';
  return `curl -sS -X POST ${address}${path} -H 'Content-Type: application/json'${key} \\\n  -d ${quoted(JSON.stringify(body))}`;
}
