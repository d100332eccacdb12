// Names for what replies tell by number or id: change types and endpoints. Each is asked for once.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/client';
import type { ChangeType, Endpoint, Page } from '../api/types';
import { createStore, useStore } from './store';

const changeTypes = createStore<readonly ChangeType[]>([]);
let asked = false;

export function forgetCatalogue(): void {
  asked = false;
  names.clear();
}

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

const names = new Map<string, Promise<string>>();

export function noteEndpointName(id: string, name: string): void {
  names.set(id, Promise.resolve(name));
}

function endpointName(id: string): Promise<string> {
  const known = names.get(id);
  if (known) return known;
  const name = get<Endpoint>(`/endpoints/${encodeURIComponent(id)}`).then(
    (endpoint) => endpoint.name,
    () => id,
  );
  names.set(id, name);
  return name;
}

/** The name of an endpoint, its id until that is known or when it is gone. */
export function useEndpointName(id: string | null | undefined): string {
  const [name, setName] = useState(id ?? '');
  useEffect(() => {
    let wanted = true;
    setName(id ?? '');
    if (id) void endpointName(id).then((found) => wanted && setName(found));
    return () => {
      wanted = false;
    };
  }, [id]);
  return name;
}
