// Who is looking, and with what credential. It is held in memory, and in sessionStorage when the user wants it to outlive
// a reload; both end with the tab. Nothing is ever written anywhere else.
import { call, credentials } from '../api/client';
import type { Config, Me } from '../api/fleet-types';
import { Problem, problemOf, unreachable } from '../api/problem';
import { abilities, type Abilities } from './abilities';
import { createStore } from './store';

const storageKey = 'lull.credential';

export interface Session {
  config: Config | null;
  me: Me | null;
  can: Abilities;
}

export const session = createStore<Session>({ config: null, me: null, can: abilities([]) });

/** Not null while a call waits for the user to sign in again. */
export const renewal = createStore<{ resolve: () => void; reject: (reason: Problem) => void } | null>(null);

let credential: string | null = null;
let waiting: Promise<void> | null = null;

export function storedCredential(): string | null {
  return sessionStorage.getItem(storageKey);
}

function setCredential(value: string | null, keep: boolean): void {
  credential = value;
  if (value !== null && keep) sessionStorage.setItem(storageKey, value);
  else sessionStorage.removeItem(storageKey);
}

credentials.current = () => credential;
credentials.renew = (refused) => {
  if (refused !== credential) return Promise.resolve();
  if (session.get().me === null) return Promise.reject(new Problem('The service does not accept this credential.', 401));
  waiting ??= new Promise<void>((resolve, reject) => renewal.set({ resolve, reject })).finally(() => {
    waiting = null;
    renewal.set(null);
  });
  return waiting;
};

export async function loadConfig(): Promise<Config> {
  const answer = await fetch('config.json', { cache: 'no-store' }).catch(() => {
    throw unreachable();
  });
  if (!answer.ok) throw await problemOf(answer);
  const config = (await answer.json()) as Config;
  session.set({ ...session.get(), config });
  return config;
}

/** Tries a credential (null where none is needed); throws what the service says when it is not good. */
export async function signIn(value: string | null, keep: boolean): Promise<void> {
  const before = credential;
  credential = value;
  const renewing = renewal.get();
  try {
    const me = (await call<Me>('GET', '/me', { renew: false })).body;
    setCredential(value, keep);
    session.set({ ...session.get(), me, can: abilities(me.roles) });
    renewing?.resolve();
  } catch (error) {
    credential = before;
    throw error;
  }
}

export function signOut(): void {
  setCredential(null, false);
  session.set({ ...session.get(), me: null, can: abilities([]) });
}
