import { describe, expect, it } from 'vitest';
import type { App } from '../../client/app.ts';
import type { JoinOptions } from '../../client/options.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import type { MessageName } from '../../protocol/wire/header.ts';
import type { TaskNewsFields } from '../../protocol/wire/messages/task-news.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { gate, settingsFor, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { type EventLog } from '../../simulations/attacks/coordinator/event-log.ts';
import { type Entered, useClients } from './support/session.ts';

// In loaded runs of a thousand clients, 39 and 107 that had been away for longer than the grace never heard how their last
// round had ended, and sat idle for ever.

const { coordinator: start, enter } = useClients();

/** Where a client is in its round, by the message that the coordinator does not answer any more. */
const STATES = {
  'fetching its model': undefined,
  training: undefined,
  'advertise-keys': 'advertiseKeys',
  'share-keys': 'shareKeys',
  unmasking: 'maskedInput',
  done: 'unmaskShares',
} as const satisfies Record<string, MessageName | undefined>;

type State = keyof typeof STATES;

interface Scene {
  readonly coordinator: ScriptedCoordinator;
  readonly client: Entered<App>;
  readonly log: EventLog;
  readonly member: number;
  /** Model of the round. */
  readonly modelHash: Uint8Array;
  /** Lets what is held back go on. */
  readonly open: () => void;
}

/** A client that is in a state of round 3, and hears no more of it. */
async function sceneIn(state: State): Promise<Scene> {
  const { opened, open } = gate();
  const coordinator = await start({ recoveryMs: 0 });
  const stopAt = STATES[state];
  const app = new StepApp();
  if (state === 'training') app.before = () => opened;
  const client = enter<App>(coordinator.url, app);
  const { member } = await client.log.next('connected');
  for (let i = 0; i < 2; i++) enter(coordinator.url);
  await coordinator.seats(3);
  coordinator.script.onMessage = (message) =>
    message.member === member && message.name === stopAt ? 'swallow' : undefined;
  const modelHash = coordinator.publish(modelFile());
  if (state === 'fetching its model') coordinator.delay = opened;
  void coordinator.run(settingsFor(modelHash, { round: 3 }));
  if (state === 'fetching its model') await coordinator.until(() => coordinator.requests.length > 0);
  else if (stopAt === undefined) await client.log.next('training');
  else await coordinator.message(stopAt, { member });
  await client.log.next('invited');
  // What was answered is under way; what the client makes of it comes before the news, over the same connection.
  return { coordinator, client, log: client.log, member, modelHash, open };
}

const told =
  (news: Partial<TaskNewsFields>) =>
  ({ coordinator, member }: Scene): void =>
    coordinator.tell(member, { rounds: 3, ...news });

/** What happens to it, and what it is told of its round then. */
const SITUATIONS: Readonly<Record<string, { readonly happens: (scene: Scene) => unknown; readonly code: string }>> = {
  'the task has finished': { happens: told({ state: 'finished', round: 3 }), code: 'round-forgotten' },
  'the task has failed': {
    happens: told({ state: 'failed', round: 2, code: 'below-threshold', message: 'too few' }),
    code: 'round-forgotten',
  },
  'the budget is spent': { happens: told({ state: 'budget-spent', round: 2 }), code: 'round-forgotten' },
  'the round has committed, and the next one runs': {
    happens: told({ state: 'running', round: 3, rounds: 9 }),
    code: 'round-forgotten',
  },
  'the round is not under way any more, as after a restart': {
    happens: told({ state: 'waiting', round: 2 }),
    code: 'round-forgotten',
  },
  'the coordinator stops': { happens: told({ state: 'stopped', round: 2 }), code: 'round-forgotten' },
  'it is given another seat': {
    happens({ coordinator, member }) {
      coordinator.forgetSeats();
      coordinator.cut(member);
    },
    code: 'round-forgotten',
  },
  'it is invited to another attempt': {
    happens: ({ coordinator, member, modelHash }) => coordinator.invite(settingsFor(modelHash, { round: 3 }), member),
    code: 'round-forgotten',
  },
  'it leaves': { happens: ({ client }) => void client.participation.leave(), code: 'member-left' },
};

const ENDS = ['committed', 'abandoned', 'refused'] as const;

describe.each(Object.keys(STATES) as State[])('a client in its round, in state %s,', (state) => {
  it.each(Object.keys(SITUATIONS))('hears once that it is over where %s', async (situation) => {
    const { happens, code } = SITUATIONS[situation]!;
    const scene = await sceneIn(state);
    await happens(scene);
    const end = await scene.log.next('abandoned');
    expect(end).toMatchObject({ task: 'digits', round: 3, code });
    scene.open();
    await scene.client.participation.leave();
    const invited = scene.log.of('invited').length;
    expect(ENDS.flatMap((kind) => scene.log.of(kind))).toHaveLength(invited);
    expect((await scene.client.participation.closed).abandoned).toBe(invited);
  });

  it('goes on where the round is said to be under way', async () => {
    const scene = await sceneIn(state);
    told({ state: 'running', round: 2 })(scene);
    await scene.log.next('task');
    scene.coordinator.tell(scene.member, { task: 'another', state: 'finished', round: 9 });
    await scene.log.next('task', 2);
    expect(ENDS.flatMap((kind) => scene.log.of(kind))).toEqual([]);
    scene.open();
  });
});

/** A client with its seat. */
async function seated(options: JoinOptions = {}) {
  const coordinator = await start({ recoveryMs: 0 });
  const client = enter(coordinator.url, new StepApp(), options);
  const { member } = await client.log.next('connected');
  return { coordinator, ...client, member };
}

describe('a client whose tasks have ended', () => {
  it('leaves, and says how each of them ended', async () => {
    const { coordinator, member, participation, log } = await seated({ tasks: ['a', 'b'] });
    const modelHash = new Uint8Array(32).fill(5);
    coordinator.tell(member, { task: 'a', state: 'finished', round: 9, modelHash });
    coordinator.tell(member, { task: 'c', state: 'waiting' });
    coordinator.tell(member, { task: 'b', state: 'failed', round: 1, modelHash, code: 'rebases-spent', message: 'x' });
    const { tasks } = await participation.closed;
    const hash = toHex(modelHash);
    expect(tasks).toEqual([
      { task: 'a', state: 'finished', round: 9, modelHash: hash },
      { task: 'b', state: 'failed', round: 1, modelHash: hash, code: 'rebases-spent' },
    ]);
    expect(log.of('task').map(({ task, state }) => `${task} ${state}`)).toEqual(['a finished', 'b failed']);
    expect(log.events.at(-1)).toEqual({ kind: 'left' });
  });

  it('stays while one of all tasks goes on, where it has named none', async () => {
    const { coordinator, member, participation, log } = await seated();
    coordinator.tell(member, { task: 'b', state: 'running' });
    coordinator.tell(member, { task: 'a', state: 'finished' });
    await log.next('task', 2);
    expect(log.of('left')).toEqual([]);
    coordinator.tell(member, { task: 'b', state: 'budget-spent' });
    expect((await participation.closed).tasks.map(({ state }) => state)).toEqual(['budget-spent', 'finished']);
  });

  it('takes part again where it stays for more', async () => {
    const { coordinator, member, log } = await seated({ stay: true });
    coordinator.tell(member, { state: 'finished', round: 9 });
    await log.next('task');
    coordinator.invite(settingsFor(coordinator.publish(modelFile()), { round: 10 }), member);
    await log.next('training');
    expect(log.of('left')).toEqual([]);
  });

  it('ends where a coordinator that has stopped does not come back', async () => {
    const { coordinator, member, participation } = await seated({ returnTimeoutMs: 1 });
    coordinator.tell(member, { state: 'stopped', round: 2 });
    expect((await participation.closed).tasks).toMatchObject([{ task: 'digits', state: 'stopped', round: 2 }]);
  });

  it('gets the final model of the hash that it was told, in the file and by its tensors, before it leaves', async () => {
    const models: unknown[] = [];
    const { coordinator, member, participation, log } = await seated({
      onModel: (model) => {
        models.push(model);
        expect(log.of('left')).toEqual([]);
      },
    });
    const file = modelFile(4);
    const modelHash = coordinator.publish(file);
    coordinator.tell(member, { state: 'finished', round: 9, modelHash });
    await participation.closed;
    const tensors = { bias: new Float32Array(3).fill(4), kernel: new Float32Array(4).fill(4) };
    expect(models).toEqual([{ task: 'digits', round: 9, modelHash: toHex(modelHash), bytes: file, tensors }]);
  });
});

describe('a coordinator that lies about its tasks', () => {
  it('is not believed in news for another connection, nor in what is no news', async () => {
    const { coordinator, member, log } = await seated();
    coordinator.tell(member, { state: 'finished' }, new Uint8Array(32).fill(1));
    expect(await log.next('ignored')).toMatchObject({ code: 'session-mismatch' });
    coordinator.tell(member, { task: '', state: 'finished' });
    expect(await log.next('ignored', 2)).toMatchObject({ code: 'wire-bounds' });
    expect(log.of('task')).toEqual([]);
    expect(log.of('left')).toEqual([]);
  });

  it('cannot hand out another model than the one of its hash', async () => {
    const models: unknown[] = [];
    const { coordinator, member, participation } = await seated({ onModel: (model) => void models.push(model) });
    const modelHash = coordinator.publish(modelFile(4));
    coordinator.models.set(toHex(modelHash), modelFile(5));
    coordinator.tell(member, { state: 'finished', round: 9, modelHash });
    await expect(participation.closed).rejects.toMatchObject({
      code: 'model-unsaved',
      message: expect.stringContaining('the model received is') as string,
    });
    expect(models).toEqual([]);
  });

  it('cannot have a client hold more than a model’s bytes, nor one of other tensors', async () => {
    for (const file of [new Uint8Array(2 ** 21), modelFile(4, { bias: [3] })]) {
      const { coordinator, member, participation } = await seated({ onModel: () => undefined });
      coordinator.tell(member, { state: 'finished', round: 9, modelHash: coordinator.publish(file) });
      await expect(participation.closed).rejects.toMatchObject({ code: 'model-unsaved' });
    }
  });

  it('cannot write to the terminal of a client’s user', async () => {
    const { coordinator, member, log } = await seated({ stay: true });
    const message = 'gone\u001b[2J\u202e\nfine';
    coordinator.tell(member, { state: 'failed', code: 'no-code-of-ours', message });
    const event = await log.next('task');
    expect(event.message).toBe('gone\\u001b[2J\\u202e\\u000afine');
    expect(event).not.toHaveProperty('code');
  });

  it('what an app makes of the model is the app’s: its failure ends the participation by name', async () => {
    const { coordinator, member, participation } = await seated({
      onModel: () => Promise.reject(new Error('no room')),
    });
    coordinator.tell(member, { state: 'finished', round: 9, modelHash: coordinator.publish(modelFile(4)) });
    await expect(participation.closed).rejects.toMatchObject({
      code: 'model-unsaved',
      message: expect.stringContaining('no room') as string,
    });
  });
});
