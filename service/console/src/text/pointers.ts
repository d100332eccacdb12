// Which field of a form an error of the API belongs to. Its JSON pointer (RFC 6901) names a place in the body; fields
// are named by the pointers of the places that they make, and the longest one that fits wins.
import type { InputError } from '../api/problem';

export interface FieldErrors {
  /** By the field's pointer. */
  at: ReadonlyMap<string, readonly string[]>;
  /** What no field is to blame for. */
  rest: readonly string[];
}

export const noErrors: FieldErrors = { at: new Map(), rest: [] };

function covers(field: string, pointer: string): boolean {
  return pointer === field || pointer.startsWith(`${field}/`);
}

/** A name as one step of a pointer. */
export const step = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

export const stepName = (text: string): string => text.replaceAll('~1', '/').replaceAll('~0', '~');

/** The name or number below a field that the error is about: "X-Tenant" of "/headers/X-Tenant". */
function below(field: string, pointer: string): string {
  return pointer.slice(field.length + 1).split('/').map(stepName).join('/');
}

export function errorsAtFields(errors: readonly InputError[], fields: readonly string[]): FieldErrors {
  const at = new Map<string, string[]>();
  const rest: string[] = [];
  for (const { pointer, detail } of errors) {
    const fitting = fields.filter((field) => covers(field, pointer)).sort((a, b) => b.length - a.length)[0];
    if (fitting === undefined) {
      rest.push(pointer === '' ? detail : `${pointer.slice(1)}: ${detail}`);
      continue;
    }
    const name = below(fitting, pointer);
    at.set(fitting, [...(at.get(fitting) ?? []), name === '' ? detail : `${name}: ${detail}`]);
  }
  return { at, rest };
}
