import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { DEFAULT_SUITE } from '../../../protocol/crypto/index.ts';
import { clientIndex, type MemberId } from '../../../protocol/ids.ts';
import {
  bitmapOf,
  encodeInvitation,
  encodeSettings,
  messageName,
  type RoundSettings,
  settingsHash,
} from '../../../protocol/wire/index.ts';
import {
  type Advertisement,
  decodeAdvertiseKeys,
  decodeShareKeys,
  encodeRoster,
  encodeRoutedShares,
  SEALED_SHARES_LENGTH,
} from '../../../protocol/schemes/secagg/index.ts';
import type { EvilCoordinator, Receiver } from './evil-coordinator.ts';

interface Face {
  readonly context: Uint8Array;
  advertised?: Advertisement;
  sealed?: { readonly sessionId: Uint8Array; readonly sealed: Uint8Array };
}

/**
 * A round in which each member may be told different settings, including a different model. No honest session could run
 * it, so the attacker does everything by hand: it shows every member all advertisements under the settings that the
 * member believes in, and passes on what the others have sealed for it under the session that the member has computed.
 */
export class TwoFacedRound implements Receiver {
  readonly #host: EvilCoordinator;
  readonly #faces = new Map<MemberId, Face>();

  constructor(host: EvilCoordinator, members: readonly MemberId[], settingsFor: (member: MemberId) => RoundSettings) {
    this.#host = host;
    host.receiver = this;
    for (const member of members) {
      const settings = encodeSettings(settingsFor(member));
      const context = settingsHash(nodePrimitives, settings);
      this.#faces.set(member, { context });
      host.send(member, encodeInvitation({ suite: DEFAULT_SUITE, context, settings }));
    }
  }

  receive(member: MemberId, bytes: Uint8Array): undefined {
    const face = this.#faces.get(member)!;
    const name = messageName(bytes);
    if (name === 'advertiseKeys') {
      face.advertised = decodeAdvertiseKeys(bytes).advertisement;
      if (this.#all.every(([, { advertised }]) => advertised !== undefined)) this.#showRosters();
    } else if (name === 'shareKeys') {
      const { context, sealed } = decodeShareKeys(bytes);
      face.sealed = { sessionId: context.slice(), sealed };
      if (this.#all.every(([, one]) => one.sealed !== undefined)) this.#route();
    }
  }

  get #all(): [MemberId, Face][] {
    return [...this.#faces];
  }

  #showRosters(): void {
    const advertisements = this.#all.map(([, { advertised }]) => advertised!);
    this.#all.forEach(([member, { context }], i) => {
      const roster = { suite: DEFAULT_SUITE, context, size: advertisements.length, ownIndex: clientIndex(i) };
      this.#host.send(member, encodeRoster({ ...roster, body: { kind: 'full', advertisements } }));
    });
  }

  #route(): void {
    const blocks = this.#all.map(([, { sealed }]) => sealed!);
    const neighbours = blocks.length - 1;
    this.#all.forEach(([member], to) => {
      const sealed = new Uint8Array(neighbours * SEALED_SHARES_LENGTH);
      blocks.forEach((block, from) => {
        if (from === to) return;
        // In each member's list of the others, its own place is missing.
        const [place, at] = [to > from ? to - 1 : to, from > to ? from - 1 : from];
        const entry = block.sealed.subarray(place * SEALED_SHARES_LENGTH, (place + 1) * SEALED_SHARES_LENGTH);
        sealed.set(entry, at * SEALED_SHARES_LENGTH);
      });
      const present = bitmapOf(
        neighbours,
        Array.from({ length: neighbours }, (_, i) => i),
      );
      const header = { suite: DEFAULT_SUITE, context: blocks[to]!.sessionId };
      this.#host.send(member, encodeRoutedShares({ ...header, neighbours, present, sealed }));
    });
  }
}
