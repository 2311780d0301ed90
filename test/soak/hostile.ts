import { memberId } from '../../protocol/ids.ts';
import type { VirtualMembership } from '../../simulations/engine/virtual-task.ts';
import {
  addedToVector,
  brokenSeal,
  type Deed,
  falseCommitment,
  falseShares,
  inTheNameOf,
  longerVector,
  otherBits,
  wrongAdvertisement,
  wrongConsistency,
} from '../../simulations/attacks/members/deeds.ts';
import { frameHead, HALF_A_REQUEST, UPGRADE, Wire } from '../adversary/clients/support/wires.ts';
import { Peer } from '../coordinator/support/peer.ts';
import { type Script, ScriptedClient } from '../coordinator/support/scripted-client.ts';
import { type Chance, wait } from './chance.ts';
import { SIZE } from './contribution.ts';
import type { Said } from './ledger.ts';

/** What every coordinate of a hostile client's update is, before it lies about it. */
const UPDATE = 3;

const LIE = Array.from({ length: SIZE }, (_, j) => 1000 + 37 * j);
const plain = Array.from({ length: SIZE }, () => UPDATE);

const anyOf = <T>(chance: Chance, list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;

/** What a hostile member does for some seconds: in its rounds, and beside them. */
interface Act {
  readonly send?: NonNullable<Script['send']>;
  /** What it adds to its own vector. */
  readonly lie?: readonly number[];
  readonly beside?: (url: string, client: ScriptedClient) => Promise<void>;
}

const deed = (change: Deed): Act => ({ send: change });

const wires = (begin: (wire: Wire) => void): Act => ({
  async beside(url) {
    const open = await Promise.all(Array.from({ length: 10 }, () => Wire.open(url)));
    open.forEach(begin);
    for (let i = 0; i < 20; i++) {
      await wait(0.2);
      for (const wire of open) if (wire.open) wire.write('x');
    }
    for (const wire of open) wire.end();
  },
});

const recorded = new Map<string, Uint8Array>();

const acts: readonly Act[] = [
  ...[falseShares, falseCommitment, brokenSeal, wrongAdvertisement, wrongConsistency].map(deed),
  ...[inTheNameOf(2), longerVector, otherBits].map(deed),
  { send: addedToVector(LIE), lie: LIE },
  /** Shares its keys, and then says nothing more. */
  { send: (name, bytes) => (name === 'advertiseKeys' || name === 'shareKeys' ? bytes : undefined) },
  /** Replays an old message of the same kind. */
  {
    send(name, bytes) {
      const old = recorded.get(name);
      recorded.set(name, bytes.slice());
      return old ?? bytes;
    },
  },
  /** Floods. */
  {
    send(_, bytes, client) {
      for (let i = 0; i < 500; i++) client.sendUnheard(bytes);
      return bytes;
    },
  },
  /** Sends a frame that is longer than any may be. */
  {
    beside(_, client) {
      client.sendUnheard(new Uint8Array(2 << 20));
      return Promise.resolve();
    },
  },
  /** Cuts its own connection and comes back, over and over. */
  {
    async beside(_, client) {
      for (let i = 0; i < 10; i++) {
        client.cut();
        await wait(0.1);
        void client.comeBack().catch(() => undefined);
        await wait(0.4);
      }
    },
  },
  /** Connections that never say Hello. */
  {
    async beside(url) {
      const peers = Array.from({ length: 5 }, () => new Peer(url));
      await wait(3);
      for (const peer of peers) peer.close();
    },
  },
  wires((wire) => wire.write(HALF_A_REQUEST)),
  wires((wire) => wire.write(UPGRADE).write(frameHead(100_000))),
];

/** One hostile member: one act after another, as long as the process lives. */
export async function actHostilely(
  url: string,
  member: number,
  membership: VirtualMembership,
  chance: Chance,
  say: (said: Said) => void,
): Promise<never> {
  for (;;) {
    const { send, beside, lie } = anyOf(chance, acts);
    const client = new ScriptedClient(url, {
      ...{ member: memberId(member), membership },
      script: {
        update: UPDATE,
        examples: 1,
        send(name, bytes, own) {
          const chosen = send === undefined ? bytes : send(name, bytes, own);
          const settings = own.settings.at(-1);
          if (name === 'maskedInput' && chosen !== undefined && settings !== undefined) {
            const vector = plain.map((value, j) => value + (lie?.[j] ?? 0));
            say({ kind: 'sent', task: settings.task, round: settings.round, member, vector });
          }
          return chosen;
        },
      },
    });
    client.seated.catch(() => undefined);
    await beside?.(url, client).catch(() => undefined);
    await wait(4 + 8 * chance());
    client.close();
    await wait(0.5);
  }
}
