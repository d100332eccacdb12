// Names for what replies tell by number or id: change types and endpoints. Each is asked for once.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/client';
import type { ChangeType, Page } from '../api/types';
import { createStore, useStore } from './store';

const changeTypes = createStore<readonly ChangeType[]>([]);
let asked = false;

export function useChangeTypes(): readonly ChangeType[] {
  useEffect(() => {
    if (asked) return;
    asked = true;
    get<Page<ChangeType>>('/change-types').then(
      (page) => changeTypes.set(page.items),
      () => {
        asked = false;
      },
    );
  }, []);
  return useStore(changeTypes);
}

/** The name of a change type; a number that the catalogue does not have is told as it is. */
export function useChangeTypeName(): (value: number) => string {
  const known = useChangeTypes();
  return (value) => known.find((type) => type.value === value)?.name ?? `type ${value}`;
}

const names = new Map<string, string>();

export function noteEndpointName(id: string, name: string): void {
  names.set(id, name);
}

interface Directory {
  endpoints: { id: string; name: string }[];
}

const directoryMs = 60_000;
let directory: { at: number; names: Promise<void> } | null = null;

/** Asks for all names at once: of an endpoint that was deleted meanwhile, asking for it alone would be an error. */
function askForNames(): Promise<void> {
  if (directory === null || Date.now() - directory.at > directoryMs) {
    const asked = get<Directory>('/stats').then(({ endpoints }) => {
      for (const { id, name } of endpoints) names.set(id, name);
    });
    directory = { at: Date.now(), names: asked };
    asked.catch(() => {
      directory = null;
    });
  }
  return directory.names;
}

/** The name of an endpoint, its id until that is known or when it is gone. */
export function useEndpointName(id: string | null | undefined): string {
  const [, setAsked] = useState(id);
  useEffect(() => {
    if (!id || names.has(id)) return;
    let wanted = true;
    askForNames().then(
      () => {
        if (!names.has(id)) names.set(id, id);
        if (wanted) setAsked(`${id} is asked for`);
      },
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [id]);
  return id ? (names.get(id) ?? id) : '';
}
