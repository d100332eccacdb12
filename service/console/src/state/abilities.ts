// What the roles of a caller allow. The page offers nothing else; the service refuses it in any case.

export interface Abilities {
  /** Sees endpoints, queues and letters, if only its own. */
  view: boolean;
  /** Sees what concerns the whole fleet: its history, alerts and settings. */
  fleet: boolean;
  /** Registers and changes endpoints, retries and purges, if only its own. */
  manage: boolean;
  /** Sees what a mailbox is subscribed to: everybody's, or its own. */
  mailboxes: boolean;
  /** Fires windows early, which concerns everybody. */
  flush: boolean;
  /** Has a source read at once. */
  run: boolean;
}

export function abilities(roles: readonly string[]): Abilities {
  const has = (role: string) => roles.includes(`Integration_Endpoints_${role}`);
  const fleet = has('View') || has('CRUD');
  return {
    view: fleet || has('Own'),
    fleet,
    manage: has('CRUD') || has('Own'),
    mailboxes: has('CRUD') || roles.includes('Integration_Events_Receive'),
    flush: has('CRUD'),
    run: has('CRUD'),
  };
}
