// Signing in on the provider's page: the OpenID Connect code flow with PKCE. The first time this page itself goes there
// and comes back. When a token ends in the middle of something, a window of its own goes there, so that this page keeps
// what was typed; it hands the code over by a BroadcastChannel, which only pages of this origin can hear.
import { pageAddress } from '../api/base';
import { problemOf, unreachable } from '../api/problem';
import type { Config } from '../api/fleet-types';
import { challengeOf, randomText } from './pkce';

type Provider = NonNullable<Config['signIn']>;

const pendingKey = 'lull.sign-in';
const channelName = 'lull.sign-in';
const inThisPage = 'page.';
const inAWindow = 'window.';

interface Pending {
  state: string;
  verifier: string;
  /** The page to show afterwards. */
  hash: string;
}

interface Returned {
  code: string | null;
  state: string;
  error: string | null;
}

export function authorizationAddress(provider: Provider, state: string, challenge: string, redirectUri: string): string {
  const address = new URL(provider.authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri,
    scope: provider.scope,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

/** What a provider put into the address when it sent the browser back, or null. */
export function returnedFrom(search: string): Returned | null {
  const query = new URLSearchParams(search);
  const state = query.get('state');
  const code = query.get('code');
  const error = query.get('error_description') ?? query.get('error');
  return state === null || (code === null && error === null) ? null : { code, state, error };
}

async function exchange(code: string, verifier: string): Promise<string> {
  const answer = await fetch('token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code, codeVerifier: verifier, redirectUri: pageAddress }),
  }).catch(() => {
    throw unreachable();
  });
  if (!answer.ok) throw await problemOf(answer);
  return ((await answer.json()) as { accessToken: string }).accessToken;
}

function redeem(returned: Returned, pending: Pending | null): Promise<string> {
  if (pending === null || pending.state !== returned.state) {
    return Promise.reject(new Error('This sign-in was not begun here. Please sign in again.'));
  }
  if (returned.code === null) return Promise.reject(new Error(`The sign-in page answered: ${returned.error ?? 'no code'}.`));
  return exchange(returned.code, pending.verifier);
}

/** Leaves for the provider's page. */
export async function leaveToSignIn(provider: Provider): Promise<void> {
  const pending: Pending = { state: inThisPage + randomText(), verifier: randomText(), hash: location.hash };
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  location.assign(authorizationAddress(provider, pending.state, await challengeOf(pending.verifier), pageAddress));
}

/** At the start of the page: null when nobody comes back from a provider, else the token. */
export async function finishSignIn(): Promise<string | null> {
  const returned = returnedFrom(location.search);
  if (returned === null) return null;
  if (returned.state.startsWith(inAWindow)) {
    const channel = new BroadcastChannel(channelName);
    channel.postMessage(returned);
    channel.close();
    window.close();
    throw new Error('You are signed in. This window can be closed.');
  }
  const stored = sessionStorage.getItem(pendingKey);
  sessionStorage.removeItem(pendingKey);
  const pending = stored === null ? null : (JSON.parse(stored) as Pending);
  history.replaceState(null, '', pageAddress + (pending?.hash ?? ''));
  return redeem(returned, pending);
}

/** Signs in through a window of its own. `opened` tells whether the browser let it open. */
export function signInByWindow(provider: Provider): { opened: boolean; token: Promise<string>; cancel: () => void } {
  const opened = window.open('', 'lull-sign-in', 'popup,width=520,height=680');
  const channel = new BroadcastChannel(channelName);
  const pending: Pending = { state: inAWindow + randomText(), verifier: randomText(), hash: '' };
  const token = new Promise<string>((resolve, reject) => {
    channel.onmessage = ({ data }: MessageEvent<Returned>) => {
      if (data.state !== pending.state) return;
      channel.close();
      redeem(data, pending).then(resolve, reject);
    };
  });
  void challengeOf(pending.verifier).then((challenge) => {
    if (opened) opened.location.href = authorizationAddress(provider, pending.state, challenge, pageAddress);
  });
  return { opened: opened !== null, token, cancel: () => channel.close() };
}
