import { type ConsentRecord, NO_RECORD } from './record.ts';

/**
 * Stores what a client remembers about its rounds. Pass one that outlives the process if you can: otherwise the limit
 * of rounds per day starts over, and sums opened before are no longer known.
 */
export interface ConsentMemory {
  /** The last record written; an empty one if there is none. */
  read(): Promise<ConsentRecord>;
  /** Changes it atomically. Once this resolves, the change is stored. */
  change(edit: (record: ConsentRecord) => ConsentRecord): Promise<void>;
}

/** Remembers for the lifetime of the object: the minimum that a client does. */
export function consentInMemory(): ConsentMemory {
  let latest = NO_RECORD;
  return {
    read: () => Promise.resolve(latest),
    change: (edit) => {
      latest = edit(latest);
      return Promise.resolve();
    },
  };
}
