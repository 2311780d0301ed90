import { type ConsentRecord, NO_RECORD } from './record.ts';

/**
 * Keeps what a client remembers of its rounds. Pass one that outlives the process where you can: without it the limit of
 * rounds per day begins anew, and a sum that was opened before is not known any more. One client uses it at a time.
 */
export interface ConsentMemory {
  /** What was written last; an empty record where nothing was. */
  read(): Promise<ConsentRecord>;
  /** Replaces it. Once this resolves, it holds. */
  write(record: ConsentRecord): Promise<void>;
}

/** Remembers as long as it lives itself: the least that a client does. */
export function consentInMemory(): ConsentMemory {
  let latest = NO_RECORD;
  return {
    read: () => Promise.resolve(latest),
    write: (record) => {
      latest = record;
      return Promise.resolve();
    },
  };
}
