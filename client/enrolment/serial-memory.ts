/** A directory that was believed: its serial number, and its hash in hex. */
export interface SeenDirectory {
  readonly serial: number;
  readonly hash: string;
}

/**
 * Remembers, for each authority, the newest member directory that a client has seen, so that no coordinator can go back
 * to an older one. Authorities are named by their public keys in hex. Pass one that outlives the process where you can.
 */
export interface SerialMemory {
  /** The newest that was noted; undefined where none was. */
  newest(authority: string): Promise<SeenDirectory | undefined>;
  /** Notes one that is newer than {@link newest}; one that is not changes nothing. */
  note(authority: string, seen: SeenDirectory): Promise<void>;
}

/** Remembers as long as it lives itself: the least that a client does. */
export function serialsInMemory(): SerialMemory {
  const seen = new Map<string, SeenDirectory>();
  return {
    newest: (authority) => Promise.resolve(seen.get(authority)),
    note: (authority, directory) => {
      if (directory.serial > (seen.get(authority)?.serial ?? 0)) seen.set(authority, directory);
      return Promise.resolve();
    },
  };
}
