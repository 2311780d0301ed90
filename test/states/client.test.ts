import { codeOf } from '../support/thrown.ts';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ClientState } from '../../protocol/schemes/secagg/client/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { MESSAGE_TYPES, type MessageName, receiveMessage } from '../../protocol/wire/header.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { stepClient, wantedAgreements } from '../../protocol/schemes/secagg/client/index.ts';
import { agreeAll } from '../../protocol/crypto/agreer.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { rosterAs } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';
import { connectionMessages, falseDealings } from '../support/wire-corpus.ts';

type StateName = ClientState['name'];
type Class = 'curious' | 'active';

const MESSAGES = Object.keys(MESSAGE_TYPES) as MessageName[];
const STATES: StateName[] = [
  'advertise-keys',
  'cipher-agreement',
  'share-keys',
  'mask-agreement',
  'masked-input',
  'consistency-check',
  'unmasking',
  'done',
  'closed',
];
const ME = 2;

const lab = (adversary: Class, agreements: 'inline' | 'awaited' = 'inline'): Lab =>
  new Lab({ seed: 'client states', n: 4, adversary, agreements });

/** One message of each name, of the very session that `lab(adversary)` will have again. */
function allMessages(adversary: Class): Record<MessageName, Uint8Array> {
  const full = lab(adversary).run();
  const { suite } = full.settings;
  const header = { suite, context: full.server.context.settingsHash };
  const real = (name: MessageName): Uint8Array => full.message(name, ME);
  // What only an active round sends is taken from an active one: the name decides, before anything is read.
  const active =
    adversary === 'active' ? real : (name: MessageName): Uint8Array => lab('active').run().message(name, ME);
  const who = { kind: 'guest', name: 'somebody', token: new Uint8Array(0) } as const;
  return {
    invitation: real('invitation'),
    advertiseKeys: real('advertiseKeys'),
    roster: real('roster'),
    shareKeys: real('shareKeys'),
    routedShares: real('routedShares'),
    maskedInput: real('maskedInput'),
    survivors: active('survivors'),
    consistency: active('consistency'),
    unmaskRequest: real('unmaskRequest'),
    unmaskShares: real('unmaskShares'),
    outcome: encodeOutcome({ ...header, kind: 'committed', included: false, modelHash: NO_HASH }),
    abort: encodeAbort(header, { code: 'round-abandoned', message: 'no more' }),
    falseDealing: falseDealings(header)[0]!,
    ...connectionMessages(header, who, memberId(ME)),
  };
}

/** A client in a state, by a real session. */
function clientIn(adversary: Class, state: StateName): { lab: Lab; state: ClientState } {
  const waits = state === 'cipher-agreement' || state === 'mask-agreement';
  const session = lab(adversary, waits ? 'awaited' : 'inline');
  session.automatic = !waits && state !== 'masked-input';
  if (state === 'mask-agreement') {
    session.serverIn('share-keys');
    session.down();
    for (const member of session.members) session.agree(member);
  }
  if (state === 'closed') {
    session.client(ME, 'share-keys');
    const error = new CairnError('member-left', 'enough');
    return { lab: session, state: session.clientDoes(memberId(ME), { kind: 'leave', error }).state };
  }
  return { lab: session, state: session.client(ME, state) };
}

/** The table: what each state takes, and what it says to the rest. */
function verdict(state: StateName, message: MessageName): { next: StateName } | { refused: ErrorCode } {
  if (state === 'closed') return { refused: 'session-closed' };
  if (message === 'outcome' || message === 'abort') return { next: 'closed' };
  if (state === 'advertise-keys' && message === 'roster') return { next: 'share-keys' };
  if (state === 'share-keys' && message === 'routedShares') return { next: 'masked-input' };
  if (state === 'consistency-check' && message === 'survivors') return { next: 'unmasking' };
  // These clients remember nothing that a proof could be about; test/adversary/false-dealing.test.ts has those that do.
  if (state === 'advertise-keys' && message === 'falseDealing') return { refused: 'false-dealing-refused' };
  if (state === 'unmasking' && message === 'unmaskRequest') return { next: 'done' };
  if (state === 'done' && message === 'unmaskRequest') return { refused: 'unmask-twice' };
  return { refused: 'wrong-state' };
}

const depth = { depth: 8, maxArrayLength: null } as const;

function isReceived(bytes: Uint8Array): boolean {
  try {
    return receiveMessage(bytes).bytes === bytes;
  } catch {
    return false;
  }
}

function expectRefused(state: ClientState, bytes: Uint8Array, code: ErrorCode): void {
  // A header that cannot be read never comes to the session.
  if (code.startsWith('wire-') && !isReceived(bytes)) {
    expect(codeOf(() => receiveMessage(bytes))).toBe(code);
    return;
  }
  const before = inspect(state, depth);
  const step = stepClient(state, { kind: 'message', message: receiveMessage(bytes) });
  expect(step.refusal?.code).toBe(code);
  expect(step.state).toBe(state);
  expect(step.send).toEqual([]);
  expect(step.events).toEqual([]);
  expect(step.wipe).toEqual([]);
  expect(inspect(state, depth)).toBe(before);
}

describe.each<Class>(['curious', 'active'])('a client in an %s round', (adversary) => {
  const messages = allMessages(adversary);
  const states = STATES.filter((state) => adversary === 'active' || state !== 'consistency-check');

  describe.each(states)('in state %s', (name) => {
    it.each(MESSAGES)('takes %s or refuses it with its code and stays as it was', (message) => {
      const { state } = clientIn(adversary, name);
      const expected = verdict(name, message);
      if ('refused' in expected) {
        expectRefused(state, messages[message], expected.refused);
        return;
      }
      const step = stepClient(state, { kind: 'message', message: receiveMessage(messages[message]) });
      expect(step.refusal).toBeUndefined();
      expect(step.state.name).toBe(expected.next);
      expect(step.events[0]).toEqual({ kind: 'state', name: expected.next });
    });

    it('refuses a message of another session, suite, version or type, and one cut short, and stays as it was', () => {
      const { state } = clientIn(adversary, name);
      for (const message of MESSAGES) {
        const expected = verdict(name, message);
        const changed = (at: number, value: number): Uint8Array => {
          const bytes = messages[message].slice();
          bytes[at] = value;
          return bytes;
        };
        expectRefused(state, changed(0, 2), 'wire-version');
        expectRefused(state, changed(1, 9), 'wire-suite');
        expectRefused(state, changed(2, 0x7f), 'wire-type');
        expectRefused(state, messages[message].subarray(0, 2), 'wire-truncated');
        if ('refused' in expected) continue;
        expectRefused(state, changed(3, messages[message][3]! ^ 1), 'session-mismatch');
        expectRefused(state, changed(1, 2), 'wire-suite');
        expectRefused(state, messages[message].subarray(0, 34), 'wire-truncated');
        expectRefused(state, Uint8Array.of(...messages[message], 0), 'wire-trailing');
      }
    });

    it('believes that its input counts only after it was sent', () => {
      const { state } = clientIn(adversary, name);
      const { settings, settingsHash: context } = state.context;
      const header = { suite: settings.suite, context };
      const bytes = encodeOutcome({ ...header, kind: 'committed', included: true, modelHash: NO_HASH });
      if (name === 'closed') expectRefused(state, bytes, 'session-closed');
      else if (STATES.indexOf(name) <= STATES.indexOf('masked-input')) expectRefused(state, bytes, 'wrong-state');
      else expect(stepClient(state, { kind: 'message', message: receiveMessage(bytes) }).state.name).toBe('closed');
    });

    it('takes the local input only while it is awaited', () => {
      const { lab: session, state } = clientIn(adversary, name);
      const step = stepClient(state, { kind: 'input', values: session.inputOf(memberId(ME)) });
      if (name === 'masked-input') {
        expect(step.refusal).toBeUndefined();
        expect(step.state.name).toBe(adversary === 'active' ? 'consistency-check' : 'unmasking');
        expect(step.send).toEqual([{ name: 'maskedInput', bytes: messages.maskedInput }]);
      } else {
        expect(step.refusal?.code).toBe('wrong-state');
        expect(step).toMatchObject({ send: [], events: [], wipe: [] });
        expect(step.state).toBe(state);
      }
    });

    it('takes key agreements only while they are awaited, and has them wiped either way', () => {
      const { lab: session, state } = clientIn(adversary, name);
      const wanted = wantedAgreements(state);
      const shared =
        wanted === undefined ? [new SecretBytes(new Uint8Array(32))] : agreeAll(session.primitives, wanted);
      const step = stepClient(state, { kind: 'agreements', shared });
      expect(step.wipe).toEqual(expect.arrayContaining([...shared]));
      if (wanted !== undefined) {
        expect(step.state.name).toBe(name === 'cipher-agreement' ? 'share-keys' : 'masked-input');
        return;
      }
      expect(step).toMatchObject({ send: [], events: [], refusal: { code: 'wrong-state' } });
      expect(step.state).toBe(state);
      expect(step.wipe).toEqual(shared);
    });

    it('leaves when its user wants to, tells the coordinator, and gives up every secret; but only once', () => {
      const { state } = clientIn(adversary, name);
      const step = stepClient(state, { kind: 'leave', error: new CairnError('member-left', 'no time') });
      if (name === 'closed') {
        expect(step.refusal?.code).toBe('wrong-state');
        expect(step.state).toBe(state);
        return;
      }
      expect(step.state.name).toBe('closed');
      expect(step.send).toHaveLength(1);
      expect(step.events.at(-1)).toMatchObject({ kind: 'abandoned', code: 'member-left' });
    });
  });
});

describe.each<Class>(['curious', 'active'])('a client of an %s round whose agreements are awaited', (adversary) => {
  it('names nobody’s keys before it has audited the roster, and none of a roster that is not sound', () => {
    const session = lab(adversary, 'awaited');
    session.automatic = false;
    expect(wantedAgreements(session.client(ME, 'advertise-keys'))).toBeUndefined();
    session.serverIn('share-keys');
    session.down(rosterAs((members) => [...members].reverse()));
    const state = session.clients.get(memberId(ME))!;
    expect(session.refusals.get(memberId(ME))).toBeDefined();
    expect(state.name).toBe('closed');
    expect(wantedAgreements(state)).toBeUndefined();
  });

  it('wants one agreement with each neighbour, and one of the mask keys with each neighbour in U2 alone', () => {
    const session = lab(adversary, 'awaited');
    session.automatic = false;
    session.serverIn('share-keys');
    session.down();
    const sharing = session.clients.get(memberId(ME))!;
    if (sharing.name !== 'cipher-agreement') throw new Error(sharing.name);
    const others = session.members.filter((member) => member !== ME).map((member) => session.clients.get(member)!);
    const keysOf = (kind: 'cipher' | 'mask', states: readonly ClientState[]): unknown[] =>
      states.map((state) => (state.name === 'cipher-agreement' ? state[kind].publicKey : undefined));
    expect(wantedAgreements(sharing)).toEqual({ secretKey: sharing.cipher.secretKey, peers: keysOf('cipher', others) });
    session.leave(4);
    for (const member of session.members) if (member !== 4) session.agree(member);
    const masking = session.client(ME, 'mask-agreement');
    expect(wantedAgreements(masking)).toEqual({
      secretKey: masking.mask.secretKey,
      peers: keysOf('mask', others.slice(0, 2)),
    });
  });

  it('sends what a client sends that agrees within its step, byte for byte', () => {
    const [awaited, inline] = (['awaited', 'inline'] as const).map((agreements) => lab(adversary, agreements).run());
    expect(awaited!.committed?.sum).toEqual(awaited!.plainSum(awaited!.members));
    expect(awaited!.sent).toEqual(inline!.sent);
  });

  it.each([0, 2, 4])('refuses the round where %i agreements come instead of three, and keeps no secret', (count) => {
    for (const name of ['cipher-agreement', 'mask-agreement'] as const) {
      const { lab: session, state } = clientIn(adversary, name);
      const shared = Array.from({ length: count }, () => new SecretBytes(new Uint8Array(32).fill(1)));
      const { secretKey } = wantedAgreements(state)!;
      const step = session.clientDoes(memberId(ME), { kind: 'agreements', shared });
      expect(step.state.name).toBe('closed');
      expect(session.refusals.get(memberId(ME))?.code).toBe('internal');
      for (const secret of [secretKey, ...shared]) expect(secret.forTestingIsZero()).toBe(true);
    }
  });
});

describe('a client that is given an input of another length', () => {
  it('leaves the round with update-shape, sends nothing but the reason, and gives up every secret', () => {
    const { lab: session } = clientIn('active', 'masked-input');
    const step = session.clientDoes(memberId(ME), { kind: 'input', values: new Uint32Array(3) });
    expect(step.state.name).toBe('closed');
    expect(session.refusals.get(memberId(ME))?.code).toBe('update-shape');
    expect(step.wipe.length).toBeGreaterThan(0);
    for (const secret of step.wipe) expect(secret.forTestingIsZero()).toBe(true);
  });
});

describe('what a client is told about a round’s end', () => {
  it('reaches its driver as it was sent, and an unknown code as none', () => {
    const { lab: session, state } = clientIn('curious', 'done');
    const header = { suite: session.settings.suite, context: session.server.context.settingsHash };
    const ended = (bytes: Uint8Array): unknown =>
      stepClient(state, { kind: 'message', message: receiveMessage(bytes) }).events.at(-1);
    const modelHash = new Uint8Array(32).fill(7);
    expect(ended(encodeOutcome({ ...header, kind: 'committed', included: false, modelHash }))).toEqual({
      kind: 'committed',
      included: false,
      modelHash,
    });
    expect(ended(encodeOutcome({ ...header, kind: 'abandoned', code: 'from-the-future', message: 'x' }))).toEqual({
      kind: 'abandoned',
      code: undefined,
      message: 'x',
    });
    expect(ended(encodeAbort(header, { code: 'cohort-full', message: 'y' }))).toEqual({
      kind: 'abandoned',
      code: 'cohort-full',
      message: 'y',
    });
  });
});
