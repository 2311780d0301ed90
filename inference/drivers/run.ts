import { CairnError } from '../../protocol/errors.ts';
import type { Party } from '../../protocol/mpc/index.ts';
import type { Channel } from './channel.ts';

/** A permutation by Node, or by WebCrypto, which answers later. */
export type AnyPermutation = (key: Uint8Array, blocks: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** How a party is run. */
export interface RunOptions {
  readonly permutation: AnyPermutation;
  /** Milliseconds to wait for a message of the other side, and until it takes what it is sent. */
  readonly timeoutMs: number;
}

const NONE = new Uint8Array(0);

/**
 * Runs a party against the one at the other end of a channel. A failure here ends the channel, and the other side is
 * told its code alone.
 * @throws CairnError what the party throws, what the channel ended with, or `peer-silent`
 */
export async function runParty<T>(
  party: Party<T>,
  channel: Channel,
  { permutation, timeoutMs }: RunOptions,
): Promise<T> {
  let input: Uint8Array = NONE;
  try {
    for (;;) {
      const { done, value } = party.next(input);
      if (done === true) return value;
      if (value.kind === 'permute') {
        const blocks = permutation(value.key, value.blocks);
        input = blocks instanceof Uint8Array ? blocks : await blocks;
        continue;
      }
      if (value.send !== undefined && value.send.length > 0) {
        channel.send(value.send);
        await within(channel.drained(), timeoutMs);
      }
      input = value.receive === 0 ? NONE : await within(channel.receive(value.receive), timeoutMs);
    }
  } catch (thrown) {
    // Lets the party's own `finally` wipe what it holds.
    party.return(undefined as T);
    const error = thrown instanceof CairnError ? thrown : new CairnError('internal', String(thrown), { cause: thrown });
    channel.close(error);
    throw error;
  }
}

/** @throws CairnError `peer-silent` if a message takes longer */
export async function within<T>(message: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CairnError('peer-silent', `nothing came from the other side for ${timeoutMs / 1000} s`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([message, late]);
  } finally {
    clearTimeout(timer);
  }
}
