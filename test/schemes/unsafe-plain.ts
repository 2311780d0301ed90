// A scheme that protects nothing: members send their inputs in the clear, and the coordinator adds them up. It shows that
// the drivers run any scheme that they are given, and what one needs to have: no keys, no shares, and three states. Adding up is the work that its session leaves to its driver.
import { equalBytes, toHex } from '../../protocol/crypto/bytes.ts';
import { asCairnError, CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { inputLength } from '../../protocol/rounds/inputs/index.ts';
import type * as driver from '../../protocol/rounds/scheme.ts';
import { ROUND_STATES, stateTaking } from '../../protocol/rounds/states.ts';
import { openMessage, startMessage, type Message, type MessageHeader } from '../../protocol/wire/header.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { decodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { encodeSettings, type RoundSettings, settingsHash } from '../../protocol/wire/settings.ts';

interface PlainServer extends driver.ServerSession {
  readonly settings: RoundSettings;
  /** The settings' hash, which is the context of every message of the round. */
  readonly context: Uint8Array;
  readonly target: number;
  /** Who is asked in this state and has not answered. */
  readonly waiting: ReadonlySet<MemberId>;
  /** Who has answered. */
  readonly answered: ReadonlySet<MemberId>;
  readonly sum: Uint32Array;
  readonly drops: readonly driver.Drop[];
}
type ServerStep = driver.ServerStep<PlainServer>;

const isOver = ({ name }: PlainServer): boolean => name === 'committed' || name === 'aborted';
const step = (state: PlainServer, more: Partial<ServerStep> = {}): ServerStep => {
  return { state, send: [], events: [], wipe: [], ...more };
};
const into = (state: PlainServer, events: readonly driver.ServerEvent[] = []): ServerStep =>
  step(state, { events: [{ kind: 'state', name: state.name, members: state.answered.size }, ...events] });

function abort(state: PlainServer, error: CairnError): ServerStep {
  const { drops } = state;
  return into({ ...state, name: 'aborted', answered: new Set() }, [{ kind: 'aborted', error, drops, proofs: [] }]);
}

/** What the work of a round comes to. A driver hands it back, and wipes it afterwards. */
class PlainSum {
  readonly sum: Uint32Array;

  constructor(sum: Uint32Array) {
    this.sum = sum.slice();
  }

  wipe(): void {
    this.sum.fill(0);
  }
}

/** The work is done: the round commits. */
function onWorked(state: PlainServer, result: driver.WorkResult): ServerStep {
  if (state.name !== 'computing' || !(result instanceof PlainSum)) return step(state);
  const included = [...state.answered].sort((a, b) => a - b);
  const sum = result.sum.slice();
  return into({ ...state, name: 'committed' }, [{ kind: 'committed', sum, included, drops: state.drops }]);
}

/** Goes on where everybody has answered, or the time is up: whoever has not is lost. */
function proceed(state: PlainServer, timeIsUp = false): ServerStep {
  const { settings, name, waiting, answered, sum, target } = state;
  const enough = waiting.size === 0 || (name === 'advertise-keys' && answered.size >= target);
  if (isOver(state) || name === 'computing' || !(enough || timeIsUp)) return step(state);
  const late = [...waiting].reduce(
    (before, member) => lose(before.state, member, 'deadline-missed', before),
    step(state),
  );
  const { state: left } = late;
  const included = [...answered].sort((a, b) => a - b);
  let next: ServerStep;
  if (answered.size < settings.minCohort) {
    next = abort(left, new CairnError('below-threshold', `${answered.size} of ${settings.minCohort} are there`));
  } else if (name === 'advertise-keys') {
    const asks = startMessage('routedShares', { suite: settings.suite, context: state.context }).finish();
    next = into({ ...left, name: 'masked-input', waiting: answered, answered: new Set() });
    next = { ...next, send: included.map((to) => ({ to, name: 'routedShares', bytes: () => asks })) };
  } else {
    next = into({ ...left, name: 'computing', waiting: new Set() }, [
      { kind: 'work', work: { steps: () => [1, 2, 3], compute: () => new PlainSum(sum) } },
    ]);
  }
  return { ...next, send: [...late.send, ...next.send], events: [...late.events, ...next.events] };
}

/** Takes a member out of the round. */
function lose(state: PlainServer, member: MemberId, reason: ErrorCode, before = step(state)): ServerStep {
  const { waiting, answered, settings, context } = state;
  if (!waiting.has(member) || isOver(state)) return before;
  const drop = { member, state: state.name, reason, effect: 'before-input' } as driver.Drop;
  const rest = new Set([...waiting].filter((one) => one !== member));
  const told = encodeAbort({ suite: settings.suite, context }, new CairnError(reason, 'out of this round'));
  return {
    ...step({ ...state, waiting: rest, answered, drops: [...state.drops, drop] }),
    send: [...before.send, { to: member, name: 'abort', bytes: () => told, last: true }],
    events: [...before.events, { kind: 'dropped', drop }],
  };
}

function assertTakes(state: PlainServer, from: MemberId, { name, context }: MessageHeader): void {
  if (isOver(state)) throw new CairnError('session-closed', `received ${name} after the end`);
  if (state.answered.has(from)) throw new CairnError('message-duplicate', `${name} came before`);
  if (!state.waiting.has(from)) throw new CairnError('member-unknown', `member ${from} is not asked`);
  if (name !== 'abort' && stateTaking(name) !== state.name) throw new CairnError('wrong-state', `received ${name}`);
  if (!equalBytes(context, state.context)) throw new CairnError('session-mismatch', 'of another round');
}

function onMessage(state: PlainServer, from: MemberId, message: Message): ServerStep {
  try {
    assertTakes(state, from, message);
    const { name } = message;
    if (name === 'abort') return proceedFrom(lose(state, from, 'member-left'));
    const { reader } = openMessage(name, message);
    const sum = name === 'maskedInput' ? state.sum.map((value) => value + reader.u32('value')) : state.sum;
    reader.end();
    const { modulusBits } = state.settings;
    const waiting = new Set([...state.waiting].filter((member) => member !== from));
    const reduced = sum.map((value) => (modulusBits === 32 ? value : value % 2 ** modulusBits));
    return proceed({ ...state, waiting, answered: new Set([...state.answered, from]), sum: reduced });
  } catch (thrown) {
    return step(state, { refusal: asCairnError(thrown) });
  }
}

function proceedFrom(before: ServerStep): ServerStep {
  const next = proceed(before.state);
  return { ...next, send: [...before.send, ...next.send], events: [...before.events, ...next.events] };
}

const server: driver.SchemeServer<PlainServer> = {
  start({ primitives, settings, invited, target }) {
    if (settings.adversary === 'active') throw new CairnError('settings-invalid', 'nothing protects a plain sum');
    const encoded = encodeSettings(settings);
    const context = settingsHash(primitives, encoded);
    const invitation = encodeInvitation({ suite: settings.suite, context, settings: encoded });
    const waiting = new Set(invited);
    const sum = new Uint32Array(inputLength(settings));
    const state: PlainServer = {
      name: 'advertise-keys',
      settings,
      context,
      target,
      waiting,
      sum,
      answered: new Set(),
      drops: [],
    };
    const { events } = into({ ...state, answered: waiting });
    return step(state, {
      events,
      send: [...waiting].map((to) => ({ to, name: 'invitation', bytes: () => invitation })),
    });
  },
  step(state, input) {
    if (input.kind === 'message') return onMessage(state, input.from, input.message);
    if (input.kind === 'leave') return proceedFrom(lose(state, input.member, input.reason));
    if (input.kind === 'deadline') return proceed(state, true);
    if (input.kind === 'worked') return onWorked(state, input.result);
    return input.kind === 'abandon' && !isOver(state) ? abort(state, input.error) : step(state);
  },
  refusal(state, from, header) {
    try {
      assertTakes(state, from, header);
      return undefined;
    } catch (thrown) {
      return asCairnError(thrown);
    }
  },
  fail: (state) => ({ state: { ...state, name: 'aborted' }, wipe: [] }),
  settingsHash: ({ context }) => context,
  drops: ({ drops }) => drops,
  parameters: () => undefined,
};

interface PlainClient extends driver.ClientSession {
  readonly header: { readonly suite: RoundSettings['suite']; readonly context: Uint8Array };
}

function clientStep(
  state: PlainClient,
  send: readonly driver.SentMessage[],
  ...events: readonly driver.ClientEvent[]
): driver.ClientStep<PlainClient> {
  return { state, send, events: [{ kind: 'state', name: state.name }, ...events], wipe: [] };
}

function onClientMessage(state: PlainClient, message: Message): driver.ClientStep<PlainClient> {
  const { name } = message;
  if (!equalBytes(message.context, state.header.context)) throw new CairnError('session-mismatch', 'of another round');
  const closed = { ...state, name: 'closed' } as const;
  if (state.name === 'closed') throw new CairnError('session-closed', `received ${name} after the end`);
  if (name === 'abort')
    return clientStep(closed, [], { kind: 'abandoned', code: undefined, message: decodeAbort(message).code });
  if (name === 'outcome') {
    const outcome = decodeOutcome(message);
    if (outcome.kind === 'committed') return clientStep(closed, [], outcome);
    return clientStep(closed, [], { kind: 'abandoned', code: undefined, message: outcome.code });
  }
  if (name !== 'routedShares' || state.name !== 'advertise-keys')
    throw new CairnError('wrong-state', `received ${name}`);
  return clientStep({ ...state, name: 'masked-input' }, [], { kind: 'input-wanted' });
}

const client: driver.SchemeClient<PlainClient> = {
  start({ primitives, policy, invitation, seen }) {
    const { suite, context, settings, encodedSettings } = invitation;
    const { adversary, minCohort } = settings;
    if (adversary === 'active') throw new CairnError('settings-invalid', 'nothing protects a plain sum');
    if (minCohort < policy.minCohort) throw new CairnError('cohort-too-small', `sums of ${minCohort}`);
    if (!equalBytes(settingsHash(primitives, encodedSettings), context))
      throw new CairnError('session-mismatch', 'not its hash');
    if (seen?.has(toHex(context)) === true) throw new CairnError('round-replayed', 'this round was there before');
    const header = { suite, context: context.slice() };
    return clientStep({ name: 'advertise-keys', header }, [
      { name: 'advertiseKeys', bytes: startMessage('advertiseKeys', header).finish() },
    ]);
  },
  step(state, input) {
    try {
      if (input.kind === 'message') return onClientMessage(state, input.message);
      if (input.kind === 'leave' && state.name !== 'closed') {
        const { code, message } = input.error;
        const sent = { name: 'abort', bytes: encodeAbort(state.header, input.error) } as const;
        return clientStep({ ...state, name: 'closed' }, [sent], { kind: 'abandoned', code, message });
      }
      if (input.kind === 'input' && state.name === 'masked-input') {
        const message = startMessage('maskedInput', state.header, 4 * input.values.length + 64);
        for (const value of input.values) message.u32(value);
        return clientStep({ ...state, name: 'done' }, [{ name: 'maskedInput', bytes: message.finish() }]);
      }
      throw new CairnError('wrong-state', `got ${input.kind} in ${state.name}`);
    } catch (thrown) {
      return { state, send: [], events: [], wipe: [], refusal: asCairnError(thrown) };
    }
  },
  work: () => undefined,
  session: () => undefined,
  leavingReason: () => new CairnError('member-left', 'the client left the round'),
};

/** Plain sums, for tests alone. */
export const unsafePlain: driver.Scheme<PlainServer, PlainClient> = {
  name: 'unsafe-plain',
  states: ROUND_STATES.map(({ name }) => name).filter(
    (name) => name !== 'share-keys' && name !== 'consistency-check' && name !== 'unmasking',
  ),
  server,
  client,
};
