import { CairnError } from '../errors.ts';

/**
 * How the two parties of a computation are written: as generators that do nothing but compute. A party yields a
 * {@link Turn}, its driver does what the turn asks for, and resumes it with the result. So a party has no socket,
 * no clock and no randomness; the same party runs over a WebSocket, inside one process and in tests.
 */

/** Sends a message, waits for one, or both. All lengths follow from what both sides agreed on before. */
export interface Exchange {
  readonly kind: 'exchange';
  /** The message to send; undefined for none. The party does not touch it any more. */
  readonly send: Uint8Array | undefined;
  /** Length in bytes of the message to wait for; 0 for none, and then the party resumes at once with no bytes. */
  readonly receive: number;
}

/**
 * Applies a pseudorandom permutation to blocks: AES-128 under `key`, in the direction of decryption, to each block of 16
 * bytes alone. Decryption, since that is what WebCrypto can do with many blocks at once (AES-CBC); any direction is a
 * permutation. It is a separate turn because WebCrypto only answers later.
 */
export interface Permute {
  readonly kind: 'permute';
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** A multiple of 16 bytes. The party resumes with as many, in the same order. */
  readonly blocks: Uint8Array;
}

/** What a party wants next. */
export type Turn = Exchange | Permute;

/**
 * A party: resumed with the bytes that its last turn asked for. It ends with its result, or throws a CairnError. Its
 * driver must resume it with exactly as many bytes as it waits for.
 */
export type Party<T> = Generator<Turn, T, Uint8Array>;

/** A synchronous {@link Permute}: applies the permutation of a key to each block of 16 bytes. */
export type Permutation = (key: Uint8Array, blocks: Uint8Array) => Uint8Array;

/** Sends a message and waits for none. */
export function* send(message: Uint8Array): Party<void> {
  yield { kind: 'exchange', send: message, receive: 0 };
}

/** Waits for a message of `length` bytes. */
export function* receive(length: number): Party<Uint8Array> {
  return length === 0 ? new Uint8Array(0) : yield { kind: 'exchange', send: undefined, receive: length };
}

/** Sends a message and waits for one of `length` bytes: one round in which both speak. */
export function* exchange(message: Uint8Array, length = message.length): Party<Uint8Array> {
  return yield { kind: 'exchange', send: message, receive: length };
}

/** What passed between two parties, and what each ended with. */
export interface PairResult<A, B> {
  readonly results: readonly [A, B];
  /** The messages that each party received, in order: all that it saw of the other. */
  readonly received: readonly [readonly Uint8Array[], readonly Uint8Array[]];
  /**
   * Times that a message had to travel before the computation could go on: two messages that cross count once.
   */
  readonly trips: number;
}

/**
 * Runs two parties against each other in this thread: for tests, simulations and the check of a plan.
 * @throws CairnError `wire-bounds` if a message has a length other than the one waited for, `internal` if both wait for
 * messages that nobody sends, and what the parties throw
 */
export function runPair<A, B>(first: Party<A>, second: Party<B>, permutation: Permutation): PairResult<A, B> {
  const sides = [newSide<A | B>(first), newSide<A | B>(second)] as const;
  const inbox = [[], []] as [Uint8Array[], Uint8Array[]];
  const received = [[], []] as [Uint8Array[], Uint8Array[]];
  let trips = 0;
  while (!(sides[0].done && sides[1].done)) {
    // What was sent before this pass has arrived; what is sent in it arrives for the next.
    const arrived = [inbox[0].length, inbox[1].length] as const;
    const before = sides.map(({ steps }) => steps);
    for (const at of [0, 1] as const) advance(sides[at], at, inbox, received, arrived[at], permutation);
    if (sides.every(({ steps }, at) => steps === before[at])) {
      throw new CairnError('internal', 'both parties wait for a message that nobody sends');
    }
    if (inbox[0].length + inbox[1].length > 0) trips++;
  }
  return { results: [sides[0].result as A, sides[1].result as B], received, trips };
}

interface Side<T> {
  readonly party: Party<T>;
  waitsFor: number;
  done: boolean;
  result: T | undefined;
  steps: number;
}

function newSide<T>(party: Party<T>): Side<T> {
  return { party, waitsFor: -1, done: false, result: undefined, steps: 0 };
}

/** Runs a party until it ends or waits for a message that has not arrived. */
function advance<T>(
  side: Side<T>,
  at: 0 | 1,
  inbox: readonly [Uint8Array[], Uint8Array[]],
  received: readonly [Uint8Array[], Uint8Array[]],
  arrived: number,
  permutation: Permutation,
): void {
  let left = arrived;
  let input = new Uint8Array(0);
  while (!side.done) {
    if (side.waitsFor > 0) {
      if (left === 0) return;
      left--;
      input = inbox[at].shift() as Uint8Array<ArrayBuffer>;
      received[at].push(input);
      if (input.length !== side.waitsFor) {
        throw new CairnError(
          'wire-bounds',
          `a message of ${side.waitsFor} bytes was expected, and ${input.length} came`,
        );
      }
    }
    side.steps++;
    const { done, value } = side.party.next(input);
    input = new Uint8Array(0);
    side.waitsFor = 0;
    if (done === true) {
      side.done = true;
      side.result = value;
    } else if (value.kind === 'permute') {
      input = permutation(value.key, value.blocks) as Uint8Array<ArrayBuffer>;
    } else {
      if (value.send !== undefined) inbox[1 - at]!.push(value.send.slice());
      side.waitsFor = value.receive;
    }
  }
}
