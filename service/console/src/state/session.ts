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

/** True when the credential has ended and the user did not want to sign in again just then. */
export const signedOff = createStore(false);

/** Counts sign-ins: what could not be read before can be asked for again. */
export const signIns = createStore(0);

const refusal = () => new Problem('You are signed out. What is shown may be old.', 401);

let credential: string | null = null;
let waiting: Promise<void> | null = null;

/** What only looks on does not ask again once the user has said no; what the user does asks in any case. */
function ask(): Promise<void> {
  waiting ??= new Promise<void>((resolve, reject) => renewal.set({ resolve, reject })).finally(() => {
    waiting = null;
    renewal.set(null);
  });
  return waiting;
}

export function askToSignIn(): void {
  ask().catch(() => undefined);
}

/** The user would rather not sign in now. */
export function declineSignIn(): void {
  signedOff.set(true);
  renewal.get()?.reject(refusal());
}

export function storedCredential(): string | null {
  return sessionStorage.getItem(storageKey);
}

function setCredential(value: string | null, keep: boolean): void {
  credential = value;
  if (value !== null && keep) sessionStorage.setItem(storageKey, value);
  else sessionStorage.removeItem(storageKey);
}

credentials.current = () => credential;
credentials.renew = (refused, asked) => {
  if (refused !== credential) return Promise.resolve();
  if (session.get().me === null || (signedOff.get() && !asked)) return Promise.reject(refusal());
  return ask();
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
    signedOff.set(false);
    signIns.set(signIns.get() + 1);
    session.set({ ...session.get(), me, can: abilities(me.roles) });
    renewing?.resolve();
  } catch (error) {
    credential = before;
    throw error;
  }
}

export function signOut(): void {
  setCredential(null, false);
  signedOff.set(false);
  session.set({ ...session.get(), me: null, can: abilities([]) });
}
