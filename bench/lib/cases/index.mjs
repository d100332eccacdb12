import { cases as backlog } from './backlog.mjs';
import { cases as confirms } from './confirms.mjs';
import { cases as deadLetters } from './dead_letters.mjs';
import { cases as drain } from './drain.mjs';
import { cases as groups } from './groups.mjs';
import { cases as idle } from './idle.mjs';
import { cases as ingest } from './ingest.mjs';
import { cases as instances } from './instances.mjs';
import { cases as isolation } from './isolation.mjs';
import { cases as lag } from './lag.mjs';
import { cases as lanes } from './lanes.mjs';
import { cases as low } from './low.mjs';
import { cases as recovery } from './recovery.mjs';
import { cases as scripts } from './scripts.mjs';

/** A case: `{name, title, contestants: {label: async (context) => ({metric: number})}, optional?, rounds?}`. */
export const allCases = [
  ...[...ingest, ...drain, ...lag, ...low, ...recovery, ...backlog, ...deadLetters, ...groups],
  ...[...confirms, ...idle, ...instances, ...isolation, ...lanes, ...scripts],
];

/** The cases that the given beginnings name; without any, all that are not optional. */
export function selectCases(wanted) {
  if (wanted.length === 0) {
    return allCases.filter((each) => !each.optional);
  }
  return wanted.flatMap((beginning) => {
    const exact = allCases.filter((each) => each.name === beginning);
    const found = exact.length > 0 ? exact : allCases.filter((each) => each.name.startsWith(beginning));
    if (found.length === 0) {
      throw new Error(`no case begins with "${beginning}"; see bench/run --list`);
    }
    return found;
  });
}
