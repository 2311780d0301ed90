import { receiveMessage } from '../../protocol/wire/header.ts';
import { secagg } from '../../protocol/schemes/secagg/scheme.ts';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionDriver } from '../../coordinator/rounds/session-driver.ts';
import type { ClientState } from '../../protocol/schemes/secagg/client/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { SecretBytes } from '../../protocol/crypto/secret.ts';
import type { CollectingState } from '../../protocol/schemes/secagg/server/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { virtualMembership } from '../../simulations/engine/virtual-task.ts';
import { routedAs, requestAs, rosterAs, survivorsAs } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, type LabOptions, rewriting, seeded } from '../../simulations/attacks/open-round/lab.ts';

// Every secret that is ever made, not only those that a step hands out to be wiped: each SecretBytes by its
// constructor, each result of the operations that yield secrets, and each block of randomness that was drawn.

const made = vi.hoisted(() => ({ secrets: [] as SecretBytes[] }));

vi.mock(import('../../protocol/crypto/secret.ts'), async (original) => {
  const actual = await original();
  class Watched extends actual.SecretBytes {
    constructor(bytes: Uint8Array) {
      super(bytes);
      made.secrets.push(this);
    }
  }
  return { ...actual, SecretBytes: Watched };
});

type Class = 'curious' | 'active';

/** Buffers that came out of an operation or the random source, and copies of what they held then. */
let buffers: { readonly what: string; readonly bytes: Uint8Array; readonly was: Uint8Array }[] = [];
const watch = (what: string, bytes: Uint8Array): Uint8Array => {
  buffers.push({ what, bytes, was: bytes.slice() });
  return bytes;
};

function watched(primitives: Primitives): Primitives {
  return {
    ...primitives,
    hkdf: (...args) => watch('hkdf', primitives.hkdf(...args)),
    x25519(secretKey) {
      const agreement = primitives.x25519(secretKey);
      return { with: (peer) => watch('x25519', agreement.with(peer)), wipe: () => agreement.wipe() };
    },
    open(...args) {
      const opened = primitives.open(...args);
      return opened === undefined ? undefined : watch('open', opened);
    },
  };
}

/** How a round ends whose holders did not sign the false shares that they revealed: nothing is proven by them. */
const mismatch = (adversary: 'curious' | 'active'): ErrorCode =>
  adversary === 'active' ? 'false-dealing-unproven' : 'secret-mismatch';

const N = 6;

/** A lab whose identities and settings are made before watching begins: they outlive a session. */
function watchedLab(adversary: Class, primitives: Primitives = nodePrimitives, options: Partial<LabOptions> = {}): Lab {
  const random = seeded(`secrets ${adversary}`);
  const membership = adversary === 'active' ? virtualMembership(primitives, random, N) : undefined;
  made.secrets = [];
  buffers = [];
  return new Lab({
    seed: 'secrets',
    n: N,
    adversary,
    primitives: watched(primitives),
    random: (length) => (length === 16 ? random(length) : watch('random', random(length))),
    ...(membership === undefined ? {} : { membership }),
    ...options,
  });
}

/** Nothing secret is left in any buffer that this session ever had. */
function expectAllZero(least: number): void {
  expect(made.secrets.length).toBeGreaterThanOrEqual(least);
  expect(made.secrets.filter((secret) => !secret.forTestingIsZero())).toHaveLength(0);
  const left = buffers.filter(({ bytes }) => bytes.some((byte) => byte !== 0));
  expect(left.map(({ what }) => what)).toEqual([]);
}

/** Ends a session for everybody who is still in it, as their drivers would. */
function endAll(lab: Lab): void {
  for (const member of lab.members) {
    const state = lab.clients.get(member);
    if (state === undefined || state.name === 'closed') continue;
    lab.clientDoes(member, { kind: 'leave', error: new CairnError('member-left', 'enough') });
  }
  if (!lab.over) lab.serverDoes({ kind: 'abandon', error: new CairnError('round-abandoned', 'enough') });
}

beforeEach(() => {
  made.secrets = [];
  buffers = [];
});

describe.each<Class>(['curious', 'active'])(
  'after an %s session every secret that was made in it is zero',
  (adversary) => {
    it.each([
      ['node', nodePrimitives],
      ['portable', portablePrimitives],
    ])('where it committed (%s)', (_, primitives) => {
      const lab = watchedLab(adversary, primitives).run();
      endAll(lab);
      expect(lab.committed?.sum).toEqual(lab.plainSum(lab.members));
      expectAllZero(6 * N);
    });

    it.each([
      ['node', nodePrimitives],
      ['portable', portablePrimitives],
    ])('where members dropped after sharing, so that keys were rebuilt (%s)', (_, primitives) => {
      const lab = watchedLab(adversary, primitives);
      lab.serverIn('masked-input');
      lab.leave(2);
      lab.run();
      endAll(lab);
      expect(lab.committed?.sum).toEqual(lab.plainSum(lab.committed!.included));
      expectAllZero(6 * N);
    });

    it.each<CollectingState>(['advertise-keys', 'share-keys', 'masked-input', 'consistency-check', 'unmasking'])(
      'where the coordinator abandoned it in %s',
      (state) => {
        if (state === 'consistency-check' && adversary === 'curious') return;
        const lab = watchedLab(adversary);
        if (lab.server.name !== state) lab.serverIn(state);
        lab.down();
        const [first] = lab.toServer;
        lab.serverGets(first!.member, first!.bytes);
        lab.serverDoes({ kind: 'abandon', error: new CairnError('round-abandoned', 'operator') });
        endAll(lab);
        expectAllZero(2 * N);
      },
    );

    it('where it was abandoned while the plan was being computed, and where its result was of no use', () => {
      for (const end of ['abandon', 'wrong result'] as const) {
        const lab = watchedLab(adversary);
        lab.client(1, 'done');
        lab.automatic = false;
        lab.serverIn('computing');
        if (end === 'abandon')
          lab.serverDoes({ kind: 'abandon', error: new CairnError('round-abandoned', 'operator') });
        else lab.leave(1);
        endAll(lab);
        expectAllZero(6 * N);
      }
    });

    it.each<ClientState['name']>([
      'advertise-keys',
      'share-keys',
      'masked-input',
      'consistency-check',
      'unmasking',
      'done',
    ])('where clients left in %s', (state) => {
      if (state === 'consistency-check' && adversary === 'curious') return;
      const lab = watchedLab(adversary);
      lab.automatic = state !== 'masked-input';
      for (const member of lab.members) lab.client(member, state);
      endAll(lab);
      expectAllZero(2 * N);
    });

    it.each(['cipher-agreement', 'mask-agreement'] as const)('where clients left in %s', (state) => {
      const lab = watchedLab(adversary, nodePrimitives, { agreements: 'awaited', automatic: false });
      lab.serverIn('share-keys');
      lab.down();
      if (state === 'mask-agreement') {
        for (const member of lab.members) lab.agree(member);
        lab.serverIn('masked-input');
        lab.down();
      }
      expect(new Set([...lab.clients.values()].map(({ name }) => name))).toEqual(new Set([state]));
      endAll(lab);
      expectAllZero(2 * N);
    });

    it('where the drivers computed the agreements', () => {
      const lab = watchedLab(adversary, nodePrimitives, { agreements: 'awaited' }).run();
      endAll(lab);
      expect(lab.committed?.sum).toEqual(lab.plainSum(lab.members));
      expectAllZero(6 * N);
    });

    it.each([
      ['its roster', rosterAs((members) => [...members].reverse()), 'share-keys'],
      ['the routed shares', routedAs((entries) => entries.get(4)!.fill(1)), 'masked-input'],
      ['a U2 that is too small', routedAs((entries) => entries.clear()), 'masked-input'],
      ['the survivors', survivorsAs(() => [0]), 'consistency-check'],
      ['the request for shares', requestAs(() => ({ survivors: Uint8Array.of(1) })), 'unmasking'],
    ] as const)('where every client refused %s', (_, rewrite, state) => {
      if (state === 'consistency-check' && adversary === 'curious') return;
      const lab = watchedLab(adversary);
      lab.serverIn(state);
      lab.down(rewrite);
      expect(lab.refusals.size).toBeGreaterThanOrEqual(N - 1);
      lab.run();
      endAll(lab);
      expectAllZero(2 * N);
    });

    it('where the rebuilt secrets were none, and the server aborted half way through the plan', () => {
      const lab = watchedLab(adversary);
      lab.run({
        up: rewriting('unmaskShares', ({ bytes }) => {
          const garbled = bytes.slice();
          // Every last limb loses its highest bits: canonical, and wrong.
          for (let at = 35 + 4 + 33; at < garbled.length; at += 34) garbled[at] = 0;
          return garbled;
        }),
      });
      expect(lab.aborted?.error.code).toBe(mismatch(adversary));
      endAll(lab);
      expectAllZero(6 * N);
    });

    it('where false shares were corrected, and where they could not be, with the wrong secrets they had opened to', () => {
      for (const liars of [[1], [1, 2, 3, 4]]) {
        const lab = watchedLab(adversary, nodePrimitives, { settings: { threshold: 4 } });
        lab.run({
          up: rewriting('unmaskShares', ({ member, bytes }) => {
            if (!liars.includes(member)) return bytes;
            const lie = bytes.slice();
            lie[35 + 4 + 2 * 34]! ^= 1;
            return lie;
          }),
        });
        if (liars.length === 1) {
          expect(lab.committed?.sum).toEqual(lab.plainSum(lab.members));
          expect(lab.drops.map(({ reason }) => reason)).toEqual(['share-false']);
        } else expect(lab.aborted?.error.code).toBe(mismatch(adversary));
        endAll(lab);
        expectAllZero(6 * N);
      }
    });

    it('where the local input was of no use', () => {
      const lab = watchedLab(adversary);
      lab.automatic = false;
      for (const member of lab.members) {
        lab.client(member, 'masked-input');
        lab.clientDoes(member, { kind: 'input', values: new Uint32Array(1) });
      }
      endAll(lab);
      expectAllZero(4 * N);
    });
  },
);

describe('a client whose identity was wiped', () => {
  it('fails to advertise, and leaves no key behind', () => {
    const lab = watchedLab('active');
    const { secretKey } = lab.membership!.identities.get(memberId(1))!;
    secretKey.wipe();
    expect(() => lab.down()).toThrow(expect.objectContaining({ code: 'secret-wiped' }) as Error);
    expectAllZero(2);
  });
});

describe.each<Class>(['curious', 'active'])('no text of any state of an %s session', (adversary) => {
  /** Sixteen bytes of a secret in the notations in which a log might show them. */
  const notations = (secret: Uint8Array): string[] => {
    const part = secret.slice(0, 16);
    return [
      Buffer.from(part).toString('hex'),
      Buffer.from(part.subarray(0, 15)).toString('base64'),
      Buffer.from(part.subarray(0, 15)).toString('base64url'),
      [...part].join(','),
      [...part].join(', '),
      [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
    ];
  };
  const textsOf = (state: object): string[] => [
    JSON.stringify(state, (_, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value,
    ),
    inspect(state, { depth: Infinity, maxArrayLength: Infinity, breakLength: Infinity, showHidden: true }),
    inspect(state, { depth: Infinity, maxArrayLength: Infinity, breakLength: Infinity }),
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- what a careless template would show
    String(state),
  ];

  it('shows a secret: not by JSON, not by inspect, not by String', () => {
    const lab = watchedLab(adversary);
    const texts: string[] = [];
    const look = (): void => {
      for (const state of [lab.server, ...lab.clients.values()]) texts.push(...textsOf(state));
    };
    lab.automatic = false;
    while (!lab.over) {
      if (lab.toClients.length > 0) lab.down();
      else if (lab.toServer.length > 0) lab.up();
      look();
      for (const member of lab.members) {
        if (lab.clients.get(member)?.name !== 'masked-input') continue;
        lab.clientDoes(member, { kind: 'input', values: lab.inputOf(member) });
      }
      if (lab.server.name === 'computing') lab.compute();
      look();
    }
    expect(lab.committed).toBeDefined();
    const secrets = buffers.filter(({ was }) => was.length >= 32).map(({ was }) => was);
    expect(secrets.length).toBeGreaterThan(6 * N);
    const everything = texts.join('\n').replace(/\s+/g, ' ');
    // The control: public keys are shown, in just these notations, so the search can find something.
    const { advertisement } = watchedLab(adversary).client(1, 'advertise-keys');
    expect(notations(advertisement.cipherKey).some((text) => everything.includes(text))).toBe(true);
    // Drawn coefficients of sharings are as secret as keys, and looked for as well.
    const shown = secrets.flatMap(notations).filter((text) => everything.includes(text));
    expect(shown).toEqual([]);
  });
});

describe('where the program itself fails', () => {
  it('the coordinator’s round is aborted, and what it held is zero', async () => {
    const lab = watchedLab('curious');
    lab.toClients = [];
    const wipes: boolean[] = [];
    const round = new SessionDriver({
      primitives: lab.primitives,
      settings: lab.settings,
      invited: lab.members,
      target: N,
      deadlines: {
        'advertise-keys': 60_000,
        'share-keys': 60_000,
        'masked-input': 60_000,
        'consistency-check': 60_000,
        unmasking: 60_000,
      },
      sliceMs: Infinity, // everything is sent within the turn that asks for it, however slow the machine is
      scheme: secagg,
      compute: () => Promise.reject(new Error('not wanted')),
      send: ({ to, bytes }) => void lab.toClients.push({ member: to, bytes: bytes() }),
      onState: (name) => {
        if (name !== 'computing') return;
        wipes.push(made.secrets.every((secret) => secret.forTestingIsZero()));
        throw new Error('a fault');
      },
    });
    round.begin();
    while (round.state !== 'aborted' && lab.toClients.length > 0) {
      lab.down();
      for (const { member, bytes } of lab.toServer.splice(0)) round.message(member, receiveMessage(bytes));
    }
    expect(wipes).toEqual([false]);
    expect(round.state).toBe('aborted');
    expect(await round.ended).toMatchObject({
      kind: 'aborted',
      error: { message: expect.stringContaining('a fault') as string },
    });
    endAll(lab);
    expectAllZero(6 * N);
  });

  it('the agreements that pair masks come from are zero, and so is what was derived of them', () => {
    let left = Infinity;
    const lab = watchedLab('curious', {
      ...nodePrimitives,
      hkdf: (...args) => {
        if (left-- === 0) throw new CairnError('internal', 'a fault');
        return nodePrimitives.hkdf(...args);
      },
    });
    lab.client(1, 'share-keys');
    lab.serverIn('masked-input');
    const before = buffers.length;
    // The first pair mask's key is derived, the second one's is not.
    left = 1;
    lab.down(({ member, bytes }) => (member === 1 ? [{ member, bytes }] : []));
    expect(lab.refusalCodes()).toEqual({ 1: 'internal' });
    const since = buffers.slice(before);
    const times = (what: string): string[] => Array<string>(N - 1).fill(what);
    expect(since.map(({ what }) => what)).toEqual([...times('open'), ...times('x25519'), 'hkdf']);
    expect(since.filter(({ bytes }) => bytes.some((byte) => byte !== 0))).toEqual([]);
  });
});
