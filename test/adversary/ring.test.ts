import { receiveMessage } from '../../protocol/wire/header.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { MerkleTree } from '../../protocol/crypto/merkle.ts';
import { rosterLeaf } from '../../protocol/schemes/secagg/session-id.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { clientIndex, memberId } from '../../protocol/ids.ts';
import { decodeRoster, encodeRoster, type Roster } from '../../protocol/schemes/secagg/messages/roster.ts';
import { stepClient } from '../../protocol/schemes/secagg/client/index.ts';
import { colluder, provenRosterAs } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, rewriting } from '../../simulations/attacks/open-round/lab.ts';

const N = 64;
const VICTIM = memberId(20);
const OWN = 19;

type Proven = Extract<Roster['body'], { kind: 'proven' }>;

describe('on a ring a client', () => {
  let lab: Lab;
  beforeAll(() => {
    const settings = { graph: 'ring', colludingPpm: 50_000, dropoutPpm: 50_000, dimension: 1 } as const;
    lab = new Lab({ seed: 'ring', n: N, settings });
    const { parameters } = lab.serverIn('share-keys').facts;
    expect(parameters.graph).toBe('ring');
    expect(parameters.degree).toBeLessThan(N - 2);
  });

  /** What the victim says to a changed roster. Sessions are pure, so one state serves all cases. */
  function answer(change: (roster: Roster, body: Proven) => Partial<Roster>): ErrorCode | 'share-keys' {
    const [mail] = lab.toClients.filter(({ member }) => member === VICTIM);
    const [changed] = provenRosterAs(change)(mail!);
    return answerTo(changed!.bytes);
  }

  function answerTo(bytes: Uint8Array): ErrorCode | 'share-keys' {
    const step = stepClient(lab.clients.get(VICTIM)!, { kind: 'message', message: receiveMessage(bytes) });
    if (step.refusal !== undefined) return step.refusal.code;
    const event = step.events.at(-1);
    if (event?.kind !== 'refused') return step.state.name as 'share-keys';
    expect(step.send.map(({ name }) => name)).toEqual(['abort']);
    return event.error.code;
  }

  const facts = (): { tree: MerkleTree; roster: readonly Proven['members'][number]['advertisement'][] } => {
    if (lab.server.name !== 'share-keys') throw new Error('the roster is there');
    return lab.server.facts;
  };
  const proven = (index: number): Proven['members'][number] => ({
    index: clientIndex(index),
    advertisement: facts().roster[index]!,
    proof: facts().tree.proof(index),
  });
  const sorted = (members: Proven['members']): Proven['members'] => [...members].sort((a, b) => a.index - b.index);
  const outsider = (body: Proven): number => {
    const shown = new Set(body.members.map(({ index }) => index as number));
    return Array.from({ length: N }, (_, i) => i).find((index) => !shown.has(index))!;
  };

  it('refuses a roster in which a colluder stands at places it is not shown', () => {
    const repeated = (body: Proven): number[] => {
      const hidden = outsider(body);
      return body.ids.map((id, index) => (index === hidden ? body.ids[hidden === 0 ? 1 : hidden - 1]! : id));
    };
    expect(answer((_, body) => ({ body: { ...body, ids: repeated(body) } }))).toBe('roster-order');
  });

  it('refuses a roster with an invented member at a place it is not shown', () => {
    const invented = (body: Proven): number[] => [...body.ids.slice(0, -1), 1_000_000];
    const last = facts().roster.length - 1;
    const verdict = answer((_, body) => ({ body: { ...body, ids: invented(body) } }));
    // Where the last place happens to be shown, the member there is seen not to be the one of the list.
    const [mail] = lab.toClients.filter(({ member }) => member === VICTIM);
    const { body } = decodeRoster(mail!.bytes);
    const shown = body.kind === 'proven' && body.members.some(({ index }) => index === last);
    expect(verdict).toBe(
      lab.settings.adversary === 'active' ? 'identity-unknown' : shown ? 'roster-order' : 'roster-not-neighbours',
    );
  });

  it('refuses a roster of fewer members than are listed', () => {
    expect(() => encodeRoster({ ...decodeRoster(lab.toClients[0]!.bytes), size: N - 1 })).toThrow(
      expect.objectContaining({ code: 'wire-bounds' }) as Error,
    );
  });

  /** A list of ids of any length that ascends and begins as the true one. */
  const idsFor = (size: number, { ids }: Proven): number[] =>
    Array.from({ length: size }, (_, index) => ids.at(index) ?? 1_000_000 + index);

  it('accepts the roster as it is', () => {
    expect(answer(() => ({}))).toBe('share-keys');
  });

  it('refuses neighbours that the server chose, each with a valid proof', () => {
    expect(
      answer((_, body) => {
        const [gone] = body.members.filter(({ index }) => index !== clientIndex(OWN));
        const members = sorted([...body.members.filter((one) => one !== gone), proven(outsider(body))]);
        return { body: { ...body, members } };
      }),
    ).toBe('roster-not-neighbours');
  });

  it('refuses any one neighbour less and any one more', () => {
    const shown = decodedBody().members.map(({ index }) => index as number);
    for (let index = 0; index < N; index++) {
      if (index === OWN) continue;
      const change = (body: Proven): Proven['members'] =>
        shown.includes(index)
          ? body.members.filter((one) => one.index !== clientIndex(index))
          : sorted([...body.members, proven(index)]);
      expect(answer((_, body) => ({ body: { ...body, members: change(body) } }))).toBe('roster-not-neighbours');
    }
  });

  it('refuses wrong, missing and superfluous siblings in any proof, its own too', () => {
    const count = decodedBody().members.length;
    for (let at = 0; at < count; at += 7) {
      const spoil = (proofOf: (proof: readonly Uint8Array[]) => readonly Uint8Array[]): ErrorCode | 'share-keys' =>
        answer((_, body) => ({
          body: {
            ...body,
            members: body.members.map((one, i) => (i === at ? { ...one, proof: proofOf(one.proof) } : one)),
          },
        }));
      expect(spoil((proof) => proof.map((sibling, i) => (i === 2 ? sibling.map((byte) => byte ^ 1) : sibling)))).toBe(
        'roster-proof',
      );
      expect(spoil((proof) => proof.slice(1))).toBe('roster-proof');
      expect(spoil((proof) => [...proof, new Uint8Array(32)])).toBe('roster-proof');
      expect(spoil(() => [])).toBe('roster-proof');
    }
  });

  const decodedBody = (): Proven => {
    const roster = decodeRoster(lab.toClients.find(({ member }) => member === VICTIM)!.bytes);
    if (roster.body.kind !== 'proven') throw new Error('a proven roster was expected');
    return roster.body;
  };

  it('refuses another root', () => {
    expect(answer((_, body) => ({ body: { ...body, root: body.root.map((byte) => byte ^ 1) } }))).toBe('roster-proof');
  });

  it('refuses another place for itself or for a neighbour', () => {
    expect(answer(() => ({ ownIndex: clientIndex(OWN + 1) }))).toBe('own-key-altered');
    expect(
      answer((_, body) => {
        const { members } = body;
        const last = members[members.length - 1]!;
        const moved = { ...last, index: clientIndex(last.index === N - 1 ? N - 2 : N - 1) };
        return { body: { ...body, members: [...members.slice(0, -1), moved] } };
      }),
    ).toMatch(/^roster-(proof|order)$/);
  });

  it('refuses another number of members, since places, proofs and parameters hang on it', () => {
    for (const size of [N - 1, N + 1, 2 * N, 1000]) {
      expect(answer((_, body) => ({ size, body: { ...body, ids: idsFor(size, body) } }))).toMatch(
        /^(roster-proof|overflow-budget|no-feasible-graph|own-key-altered|wire-bounds|identity-unknown|roster-not-neighbours)$/,
      );
    }
    const wide = new Lab({ seed: 'wide', n: 64, settings: { ...lab.settings, maxCohort: 2000, modulusBits: 32 } });
    wide.serverIn('share-keys');
    for (const size of [63, 65, 128, 1000]) {
      const [mail] = wide.toClients.filter(({ member }) => member === VICTIM);
      const { bytes } = provenRosterAs((_, body) => ({
        size,
        body: {
          ...body,
          ids: idsFor(size, body),
          members: body.members.filter(({ index }) => index < size),
        },
      }))(mail!)[0]!;
      const event = stepClient(wide.clients.get(VICTIM)!, {
        kind: 'message',
        message: receiveMessage(bytes),
      }).events.at(-1);
      // A root alone does not tell its tree's size: the ids beside it do, and with them the session id and the ring.
      expect(event?.kind === 'refused' && event.error.code).toMatch(
        /^(roster-proof|roster-not-neighbours|identity-unknown)$/,
      );
    }
  });

  it('refuses repeated and unsorted members', () => {
    expect(
      answer((_, body) => ({ body: { ...body, members: [body.members[0]!, ...body.members.slice(0, -1)] } })),
    ).toBe('roster-order');
    expect(answer((_, body) => ({ body: { ...body, members: [...body.members].reverse() } }))).toBe('roster-order');
  });

  it('refuses a full roster in place of a proven one', () => {
    const roster = decodeRoster(lab.toClients.find(({ member }) => member === VICTIM)!.bytes);
    const full = encodeRoster({ ...roster, body: { kind: 'full', advertisements: facts().roster } });
    expect(answerTo(full)).toBe('roster-proof');
  });

  it('refuses a tree of the server’s own making around the old neighbourhood: another tree permutes anew', () => {
    const { primitives } = lab;
    let refused = 0;
    for (let attempt = 0; attempt < 20; attempt++) {
      const evil = colluder(lab, 1);
      const roster = facts().roster.map((own, i) => (i === 0 ? evil.advertisement : own));
      const tree = new MerkleTree(
        primitives,
        roster.map((own) => rosterLeaf(primitives, own)),
      );
      const verdict = answer((_, body) => ({
        body: {
          kind: 'proven',
          ids: body.ids,
          root: tree.root,
          members: body.members.map(({ index }) => ({
            index,
            advertisement: roster[index]!,
            proof: tree.proof(index),
          })),
        },
      }));
      expect(['roster-not-neighbours']).toContain(verdict);
      refused++;
    }
    expect(refused).toBe(20);
  });
});

describe('on the complete graph a client', () => {
  it('refuses a proven roster, which would hide members from it', () => {
    const lab = new Lab({ seed: 'complete', n: 5 });
    const { tree, roster } = lab.serverIn('share-keys').facts;
    lab.down(
      rewriting('roster', ({ bytes }) => {
        const members = roster.map((advertisement, i) => ({
          index: clientIndex(i),
          advertisement,
          proof: tree.proof(i),
        }));
        return encodeRoster({
          ...decodeRoster(bytes),
          body: { kind: 'proven', ids: roster.map(({ member }) => member), root: tree.root, members },
        });
      }),
    );
    expect(new Set(Object.values(lab.refusalCodes()))).toEqual(new Set(['roster-proof']));
  });

  it('refuses a full roster of fewer members than it is said to have', () => {
    const lab = new Lab({ seed: 'complete', n: 5 });
    lab.serverIn('share-keys');
    // The decoder has room for five by the signatures that four carry; the fifth is missing all the same.
    lab.down(
      rewriting('roster', ({ bytes }) => {
        const roster = decodeRoster(bytes);
        if (roster.body.kind !== 'full') throw new Error('a full roster was expected');
        const advertisements = roster.body.advertisements.slice(0, 4);
        return encodeRoster({ ...roster, size: 5, body: { kind: 'full', advertisements } });
      }),
    );
    expect(lab.refusals.size).toBe(0);
    expect(lab.ignored.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'wire-truncated'));
  });
});
