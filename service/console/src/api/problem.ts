// What the API says when it does not do what it was asked: RFC 9457 problem details, and what can stand in for them.

export interface InputError {
  pointer: string;
  detail: string;
}

/** Every call that fails throws one of these; `message` is a sentence for people. */
export class Problem extends Error {
  constructor(
    message: string,
    /** The HTTP status, or 0 when no answer came. */
    readonly status: number,
    readonly errors: readonly InputError[] = [],
    readonly retryAfterMs = 0,
    readonly traceId = '',
  ) {
    super(message);
  }
}

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  traceId?: unknown;
  errors?: unknown;
}

function inputErrors(value: unknown): InputError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: { pointer?: unknown; detail?: unknown } | null) =>
    typeof entry?.pointer === 'string' && typeof entry.detail === 'string'
      ? [{ pointer: entry.pointer, detail: entry.detail }]
      : [],
  );
}

/** `Retry-After` in seconds or as a date. */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}

/** The problem behind an answer that is no success. A proxy in between may answer with no JSON at all. */
export async function problemOf(answer: Response): Promise<Problem> {
  let body: ProblemBody = {};
  try {
    body = (await answer.json()) as ProblemBody;
  } catch {
    // The status has to do.
  }
  const detail = typeof body.detail === 'string' && body.detail !== '' ? body.detail : body.title;
  const message = typeof detail === 'string' ? detail : `The service answered ${answer.status}.`;
  const traceId = typeof body.traceId === 'string' ? body.traceId : '';
  const wait = retryAfterMs(answer.headers.get('Retry-After'), Date.now());
  return new Problem(message, answer.status, inputErrors(body.errors), wait, traceId);
}

export const unreachable = () => new Problem('The service cannot be reached. This page tries again by itself.', 0);

/** True of what a call throws because its page was left. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(error instanceof Error ? error.message : String(error), 0);
}
