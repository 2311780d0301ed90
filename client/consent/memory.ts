import { type ConsentRecord, NO_RECORD } from './record.ts';

/**
 * Keeps what a client remembers of its rounds. Pass one that outlives the process where you can: without it the limit of
 * rounds per day begins anew, and a sum that was opened before is not known any more.
 */
export interface ConsentMemory {
  /** What was written last; an empty record where nothing was. */
  read(): Promise<ConsentRecord>;
  /** Changes it, with nobody else changing it in between. Once this resolves, it holds. */
  change(edit: (record: ConsentRecord) => ConsentRecord): Promise<void>;
}

/** Remembers as long as it lives itself: the least that a client does. */
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
