// A mailbox in a few words: what it holds, and whether its client is there.
import type { Endpoint } from '../api/types';
import { count, counted } from './numbers';
import { span } from './relative';

export const isMailbox = ({ channel }: Pick<Endpoint, 'channel'>): boolean => channel === 'mailbox';

/** What stands where other endpoints have their address. */
export function addressOf({ url, channel, mailbox }: Pick<Endpoint, 'url' | 'channel' | 'mailbox'>): string {
  if (url) return url;
  if (channel !== 'mailbox') return channel ?? '';
  const parts = [
    'Mailbox',
    typeof mailbox?.oldestAgeMs === 'number' && `oldest message ${span(mailbox.oldestAgeMs)}`,
    mailbox && mailbox.locked > 0 && `${count(mailbox.locked)} locked`,
    mailbox && mailbox.waiting > 0 && counted(mailbox.waiting, 'call waits', 'calls wait'),
  ];
  return parts.filter(Boolean).join(' · ');
}

/** "AssetChanged of AA", "AssetChanged of any scope". */
export const subscriptionText = ({ topic, scope }: { topic: string; scope: string | null }): string =>
  `${topic} of ${scope ?? 'any scope'}`;
