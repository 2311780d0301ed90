import type { ClientState } from '../../../protocol/schemes/secagg/client/index.ts';
import { toHex } from '../../../protocol/crypto/bytes.ts';
import { hasBit } from '../../../protocol/wire/bitmap.ts';
import { decodeUnmaskRequest } from '../../../protocol/schemes/secagg/messages/unmask-request.ts';
import { must } from '../outcome.ts';

/** Who has revealed a share of what, over all clients of a session. */
export class Revealed {
  /** By session and owner: the holders that revealed a share of its self seed, and of its mask key. */
  readonly #holders = new Map<string, { readonly seed: Set<number>; readonly key: Set<number>; threshold: number }>();
  readonly #answered = new Set<ClientState['context']>();

  /** A client has answered a request for shares. @throws Violation where it had done so before */
  answered(member: number, before: ClientState, request: Uint8Array): void {
    must(before.name === 'unmasking', () => `a client revealed shares in state ${before.name}`);
    must(!this.#answered.has(before.context), 'a client revealed shares twice');
    this.#answered.add(before.context);
    const { survivors } = decodeUnmaskRequest(request);
    const { facts, held } = before;
    for (const owner of held.keys()) {
      const id = `${toHex(facts.sessionId)} ${owner}`;
      const known = this.#holders.get(id) ?? { seed: new Set(), key: new Set(), threshold: facts.parameters.threshold };
      this.#holders.set(id, known);
      (hasBit(survivors, owner) ? known.seed : known.key).add(member);
    }
  }

  /** @throws Violation where both secrets of one member could be opened by now */
  assertNeverBoth(): void {
    for (const { seed, key, threshold } of this.#holders.values()) {
      must(Math.min(seed.size, key.size) < threshold, 'both secrets of a member can be opened');
    }
  }
}
