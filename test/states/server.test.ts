import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type CollectingState,
  type ServerState,
  type ServerStep,
  startServer,
  stepServer,
} from '../../protocol/schemes/secagg/server/index.ts';
import { inputLength } from '../../protocol/rounds/inputs/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { createMaskVector } from '../../protocol/kernels/index.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { MESSAGE_TYPES, type MessageName, receiveMessage } from '../../protocol/wire/header.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf, thrownBy } from '../support/thrown.ts';
import { connectionMessages, falseDealings } from '../support/wire-corpus.ts';

type StateName = ServerState['name'];
type Class = 'curious' | 'active';

const MESSAGES = Object.keys(MESSAGE_TYPES) as MessageName[];
const EXPECTED: Record<CollectingState, MessageName> = {
  'advertise-keys': 'advertiseKeys',
  'share-keys': 'shareKeys',
  'masked-input': 'maskedInput',
  'consistency-check': 'consistency',
  unmasking: 'unmaskShares',
};
const STATES: StateName[] = [
  'advertise-keys',
  'share-keys',
  'masked-input',
  'consistency-check',
  'unmasking',
  'computing',
  'committed',
  'aborted',
];

/** Who sends: 1 has answered in this state, 2 has not yet, 8 was lost in it, 99 was never invited. */
const ANSWERED = memberId(1);
const WAITED_FOR = memberId(2);
const LOST = memberId(8);
const STRANGER = memberId(99);

const fresh = (adversary: Class): Lab => new Lab({ seed: 'server states', n: 8, adversary });

interface Scene {
  readonly lab: Lab;
  readonly messages: ReadonlyMap<MemberId, Record<MessageName, Uint8Array>>;
}

const isCollecting = (name: StateName): name is CollectingState => Object.hasOwn(EXPECTED, name);

/** A server in a state by a real session: 8 has left, 1 has answered, nobody else has. */
function sceneIn(adversary: Class, name: StateName): Scene {
  const lab = fresh(adversary);
  lab.automatic = true;
  if (name === 'aborted') lab.serverDoes({ kind: 'abandon', error: new CairnError('round-abandoned', 'enough') });
  else if (isCollecting(name)) {
    lab.serverIn(name);
    lab.leave(LOST);
    lab.down();
    const waiting = lab.toServer;
    lab.toServer = waiting.filter(({ member }) => member === ANSWERED);
    lab.up();
    lab.toServer = waiting.filter(({ member }) => member !== ANSWERED && member !== LOST);
  } else {
    lab.leave(LOST);
    if (name === 'computing') {
      lab.client(1, 'done');
      lab.automatic = false;
    }
    lab.serverIn(name);
  }
  return { lab, messages: messagesOf(adversary, name) };
}

const cache = new Map<string, ReadonlyMap<MemberId, Record<MessageName, Uint8Array>>>();

/** What each member would have sent in this very session, had nobody stopped it. */
function messagesOf(adversary: Class, name: StateName): Scene['messages'] {
  const key = `${adversary} ${name}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const full = fresh(adversary);
  if (isCollecting(name)) {
    full.serverIn(name);
    full.down();
  } else full.run();
  const done = fresh('active').run();
  const header = { suite: full.settings.suite, context: full.server.context.settingsHash };
  const who = { kind: 'guest', name: 'somebody', token: new Uint8Array(0) } as const;
  const of = (member: MemberId): Record<MessageName, Uint8Array> => {
    const real = (message: MessageName): Uint8Array =>
      full.messages(message).find((mail) => mail.member === member)?.bytes ?? done.message(message, member);
    return {
      invitation: real('invitation'),
      advertiseKeys: real('advertiseKeys'),
      roster: real('roster'),
      shareKeys: real('shareKeys'),
      routedShares: real('routedShares'),
      maskedInput: real('maskedInput'),
      survivors: real('survivors'),
      consistency: real('consistency'),
      unmaskRequest: real('unmaskRequest'),
      unmaskShares: real('unmaskShares'),
      outcome: encodeOutcome({ ...header, kind: 'committed', included: true, modelHash: NO_HASH }),
      abort: encodeAbort(header, { code: 'data-empty', message: 'nothing to train on' }),
      falseDealing: falseDealings(header)[0]!,
      ...connectionMessages(header, who, member),
    };
  };
  const made = new Map([ANSWERED, WAITED_FOR, LOST].map((member) => [member, of(member)]));
  cache.set(key, made);
  return made;
}

const depth = { depth: 6, maxArrayLength: null } as const;

function isReceived(bytes: Uint8Array): boolean {
  try {
    return receiveMessage(bytes).bytes === bytes;
  } catch {
    return false;
  }
}

function expectRefused(state: ServerState, from: MemberId, bytes: Uint8Array, code: ErrorCode): void {
  // A header that cannot be read never comes to the session.
  if (code.startsWith('wire-') && !isReceived(bytes)) {
    expect(codeOf(() => receiveMessage(bytes))).toBe(code);
    return;
  }
  const before = inspect(state, depth);
  const step = stepServer(state, { kind: 'message', from, message: receiveMessage(bytes) });
  expect(step.refusal?.code).toBe(code);
  expect(step.state).toBe(state);
  expect(step.send).toEqual([]);
  expect(step.events).toEqual([]);
  expect(step.wipe).toEqual([]);
  expect(inspect(state, depth)).toBe(before);
}

const dropsIn = ({ events }: ServerStep): unknown[] =>
  events.flatMap((event) => (event.kind === 'dropped' ? [event.drop] : []));

describe.each<Class>(['curious', 'active'])('the server of an %s round', (adversary) => {
  const states = STATES.filter((name) => adversary === 'active' || name !== 'consistency-check');

  describe.each(states)('in state %s', (name) => {
    const over = name === 'committed' || name === 'aborted';

    it('takes its own message from a member it waits for, and refuses every other one unchanged', () => {
      const { lab: refusing, messages } = sceneIn(adversary, name);
      for (const message of MESSAGES) {
        const bytes = messages.get(WAITED_FOR)![message];
        const taken = isCollecting(name) && (message === EXPECTED[name] || message === 'abort');
        const { lab } = taken ? sceneIn(adversary, name) : { lab: refusing };
        if (isCollecting(name) && message === EXPECTED[name]) {
          const step = stepServer(lab.server, { kind: 'message', from: WAITED_FOR, message: receiveMessage(bytes) });
          expect(step.refusal).toBeUndefined();
          expect(step).toMatchObject({ send: [], events: [], wipe: [] });
          expectRefused(step.state, WAITED_FOR, bytes, 'message-duplicate');
        } else if (isCollecting(name) && message === 'abort') {
          const step = stepServer(lab.server, { kind: 'message', from: WAITED_FOR, message: receiveMessage(bytes) });
          expect(step.refusal).toBeUndefined();
          expect(dropsIn(step)).toMatchObject([{ member: WAITED_FOR, state: name, reason: 'data-empty' }]);
          expectRefused(step.state, WAITED_FOR, bytes, 'wrong-state');
        } else {
          expectRefused(lab.server, WAITED_FOR, bytes, over ? 'session-closed' : 'wrong-state');
        }
      }
    });

    it('refuses every message of a stranger, of a lost member, and a second one of its own, unchanged', () => {
      const { lab, messages } = sceneIn(adversary, name);
      for (const message of MESSAGES) {
        const lost = over ? 'session-closed' : 'wrong-state';
        expectRefused(lab.server, LOST, messages.get(LOST)![message], lost);
        for (const member of [ANSWERED, WAITED_FOR, LOST])
          expectRefused(lab.server, STRANGER, messages.get(member)![message], 'member-unknown');
        if (message === 'abort') continue;
        const again = isCollecting(name) && message === EXPECTED[name] ? 'message-duplicate' : lost;
        expectRefused(lab.server, ANSWERED, messages.get(ANSWERED)![message], again);
      }
    });

    it('refuses what is of another session, suite, version or type, unchanged, and keeps the sender', () => {
      const { lab, messages } = sceneIn(adversary, name);
      const own = isCollecting(name) ? [EXPECTED[name], 'abort' as const] : MESSAGES;
      for (const message of own) {
        const real = messages.get(WAITED_FOR)![message];
        const changed = (at: number, value: number): Uint8Array => {
          const bytes = real.slice();
          bytes[at] = value;
          return bytes;
        };
        expectRefused(lab.server, WAITED_FOR, changed(0, 2), 'wire-version');
        expectRefused(lab.server, WAITED_FOR, changed(1, 9), 'wire-suite');
        expectRefused(lab.server, WAITED_FOR, changed(2, 0x7f), 'wire-type');
        expectRefused(lab.server, WAITED_FOR, real.subarray(0, 2), 'wire-truncated');
        if (!isCollecting(name)) continue;
        expectRefused(lab.server, WAITED_FOR, changed(3, real[3]! ^ 1), 'session-mismatch');
        expectRefused(lab.server, WAITED_FOR, changed(1, 2), 'wire-suite');
      }
    });

    it('drops the sender of an Abort that it cannot read, as of any other message of the round', () => {
      if (!isCollecting(name)) return;
      for (const message of [EXPECTED[name], 'abort'] as const) {
        const { lab, messages } = sceneIn(adversary, name);
        const bytes = messages.get(WAITED_FOR)![message].slice(0, 36);
        const step = stepServer(lab.server, { kind: 'message', from: WAITED_FOR, message: receiveMessage(bytes) });
        expect(step.refusal?.code).toBe('wire-truncated');
        expect(dropsIn(step)).toMatchObject([{ member: WAITED_FOR, state: name, reason: 'wire-truncated' }]);
        expect(step.send.map(({ to }) => to)).toContain(WAITED_FOR);
      }
    });

    it('goes on from a departure or a deadline only while it collects', () => {
      const { lab } = sceneIn(adversary, name);
      const before = inspect(lab.server, depth);
      for (const input of [
        { kind: 'leave', member: STRANGER, reason: 'member-left' },
        { kind: 'leave', member: LOST, reason: 'member-left' },
      ] as const) {
        expect(stepServer(lab.server, input)).toEqual({ state: lab.server, send: [], events: [], wipe: [] });
      }
      if (!isCollecting(name)) {
        expect(stepServer(lab.server, { kind: 'deadline' })).toMatchObject({ events: [], send: [] });
        const leave = { kind: 'leave', member: WAITED_FOR, reason: 'member-left' } as const;
        expect(stepServer(lab.server, leave)).toMatchObject({ events: [], send: [] });
      }
      expect(inspect(lab.server, depth)).toBe(before);
    });

    it('takes a computed correction only while one is computed', () => {
      const { lab } = sceneIn(adversary, name);
      const correction = createMaskVector(inputLength(lab.settings));
      const step = stepServer(lab.server, { kind: 'unmasked', correction });
      if (name === 'computing') expect(step.state.name).toBe('committed');
      else {
        expect(step.refusal?.code).toBe('wrong-state');
        expect(step.state).toBe(lab.server);
        expect(step).toMatchObject({ send: [], events: [], wipe: [] });
      }
    });

    it('can be abandoned until it is over, and then holds no sum and no secret', () => {
      const { lab } = sceneIn(adversary, name);
      const before = lab.server;
      const step = lab.serverDoes({ kind: 'abandon', error: new CairnError('round-abandoned', 'operator') });
      if (over) {
        expect(step).toEqual({ state: before, send: [], events: [], wipe: [] });
        return;
      }
      expect(step.state).toMatchObject({ name: 'aborted', error: { code: 'round-abandoned' } });
      for (const secret of step.wipe) expect(secret.forTestingIsZero()).toBe(true);
      if ('sum' in before) expect((thrownBy(() => before.sum.toValues(32)) as CairnError).code).toBe('secret-wiped');
    });
  });
});

describe('a correction of another length', () => {
  it('ends the round without a sum instead of a wrong one', () => {
    const { lab } = sceneIn('curious', 'computing');
    const step = lab.serverDoes({ kind: 'unmasked', correction: createMaskVector(7) });
    expect(step.state).toMatchObject({ name: 'aborted', error: { code: 'internal' } });
    expect(lab.committed).toBeUndefined();
  });
});

describe('a round that cannot be run', () => {
  const lab = fresh('active');
  const start = { primitives: lab.primitives, invited: lab.members, target: 8 };

  it('is refused up front without the directory that its settings name', () => {
    expect(codeOf(() => startServer({ ...start, settings: lab.settings }))).toBe('directory-mismatch');
    const settings = { ...lab.settings, directoryHash: new Uint8Array(32).fill(1) };
    const { directory } = lab.membership!;
    expect(codeOf(() => startServer({ ...start, settings, directory }))).toBe('directory-mismatch');
  });

  it('is refused up front for a target outside minCohort … maxCohort', () => {
    const settings = { ...fresh('curious').settings, minCohort: 4, maxCohort: 8 };
    expect(codeOf(() => startServer({ ...start, settings, target: 3 }))).toBe('settings-invalid');
    expect(codeOf(() => startServer({ ...start, settings, target: 9 }))).toBe('settings-invalid');
    expect(startServer({ ...start, settings, target: 4 }).state.name).toBe('advertise-keys');
  });
});
