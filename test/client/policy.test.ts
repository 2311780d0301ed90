import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePolicy } from '../../client/consent/parse.ts';
import { readPolicyFile } from '../../client/consent/policy-file.ts';
import type { JoinOptions } from '../../client/index.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { ROOT } from '../e2e/support/running.ts';
import { StepApp } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter } = useClients();

const WHOLE = {
  adversary: 'curious',
  colluding: 0,
  minCohort: 2,
  minThreshold: 7,
  maxRoundsPerDay: 24,
  tasks: ['a', 'b'],
  minNoise: { placement: 'central', multiplier: 0.5 },
  maxEpsilon: 8,
  maxRepeats: 1,
  maxRebases: 0,
  minCohortDifference: 3,
  tellReason: false,
} as const;

const REFUSED: readonly [string, unknown, ErrorCode, string][] = [
  ['a misspelt key', { minCohrt: 3 }, 'config-unknown-key', 'unknown key "minCohrt"; did you mean "minCohort"?'],
  ['a key in other case', { mincohort: 3 }, 'config-unknown-key', 'did you mean "minCohort"?'],
  [
    'a key that was renamed',
    { leastThreshold: 3 },
    'config-unknown-key',
    'unknown key "leastThreshold"; it is now called "minThreshold"',
  ],
  ['a key that was removed', { repeatDifference: 3 }, 'config-unknown-key', 'it was removed, since a client signs one'],
  ['a key like none', { password: 3 }, 'config-unknown-key', 'there are adversary, colluding, minCohort'],
  [
    'a misspelt key of the noise',
    { minNoise: { multiplyer: 1 } },
    'config-unknown-key',
    'minNoise: unknown key "multiplyer"; did you mean "multiplier"?',
  ],
  [
    'another adversary',
    { adversary: 'none' },
    'config-invalid',
    'adversary: expected "active" or "curious", but it is "none"',
  ],
  ['a cohort of one', { minCohort: 1 }, 'config-invalid', 'minCohort: expected at least 2, but it is 1'],
  ['half a member', { minCohort: 2.5 }, 'config-invalid', 'minCohort: expected an integer, but it is 2.5'],
  ['a number as text', { minCohort: '3' }, 'config-invalid', 'minCohort: expected a number, but it is "3"'],
  ['all colluding', { colluding: 1 }, 'config-invalid', 'colluding: expected less than 1, but it is 1'],
  ['a word for yes', { tellReason: 'yes' }, 'config-invalid', 'tellReason: expected true or false, but it is "yes"'],
  ['no tasks at all', { tasks: [] }, 'config-invalid', 'tasks: expected at least 1 entry, but it is []'],
  ['a task that is no name', { tasks: ['a', 3] }, 'config-invalid', 'tasks[1]: expected a string, but it is 3'],
  ['a long name', { tasks: ['é'.repeat(65)] }, 'config-invalid', 'tasks[0]: expected a name of at most 128 bytes'],
  [
    'noise without an amount',
    { minNoise: {} },
    'config-invalid',
    'minNoise.multiplier: expected a number, but it is missing',
  ],
  ['noise of nothing', { minNoise: { multiplier: 0 } }, 'config-invalid', 'minNoise.multiplier: expected more than 0'],
  [
    'a limit below zero',
    { maxRoundsPerDay: -1 },
    'config-invalid',
    'maxRoundsPerDay: expected at least 0, but it is -1',
  ],
  ['more rounds than are counted', { maxRoundsPerDay: 10_001 }, 'config-invalid', 'expected at most 10000'],
  ['trainings anew beyond a byte', { maxRepeats: 256 }, 'config-invalid', 'maxRepeats: expected at most 255'],
  ['rebases below zero', { maxRebases: -1 }, 'config-invalid', 'maxRebases: expected at least 0'],
  ['a list', [], 'config-invalid', 'expected an object, but it is []'],
  ['nothing', null, 'config-invalid', 'expected an object, but it is null'],
];

describe('a policy', () => {
  it('keeps what it says, and nothing else', () => {
    expect(parsePolicy(WHOLE)).toEqual(WHOLE);
    expect(parsePolicy({})).toEqual({});
    expect(parsePolicy({ minNoise: { multiplier: 1 } })).toEqual({ minNoise: { multiplier: 1 } });
  });

  it.each(REFUSED)('with %s is refused, and the field named', (_, value, code, words) => {
    expect(() => parsePolicy(value)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) as string }) as Error,
    );
  });

  it('of a program is named as one', () => {
    expect(() => parsePolicy({ minCohort: 1 })).toThrow('policy.minCohort: expected at least 2, but it is 1');
  });
});

describe('a policy file', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-policy-'));
    path = join(folder, 'policy.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is read', async () => {
    await writeFile(path, JSON.stringify(WHOLE));
    expect(await readPolicyFile(path)).toEqual(WHOLE);
  });

  it('that is refused is named, with its field', async () => {
    await writeFile(path, '{ "minCohort": 1 }');
    await expect(readPolicyFile(path)).rejects.toMatchObject({
      code: 'config-invalid',
      message: `${path}: minCohort: expected at least 2, but it is 1`,
    });
    await writeFile(path, '{ "minCohorts": 1 }');
    await expect(readPolicyFile(path)).rejects.toMatchObject({
      code: 'config-unknown-key',
      message: `${path}: unknown key "minCohorts"; did you mean "minCohort"?`,
    });
  });

  it('that is missing, no file or no JSON is named', async () => {
    await expect(readPolicyFile(path)).rejects.toMatchObject({
      code: 'config-unreadable',
      message: `there is no policy file ${path}`,
    });
    await expect(readPolicyFile(folder)).rejects.toMatchObject({ code: 'config-unreadable' });
    await writeFile(path, '{ "minCohort": 3,\n }');
    const error = (await readPolicyFile(path).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'config-unreadable' });
    expect(error.message).toBe(`${path} is not JSON: line 2, column 2: expected something after the previous comma`);
    expect(error.message).not.toContain('\n');
  });

  it('may begin with a byte order mark', async () => {
    await writeFile(path, '\uFEFF{ "minCohort": 4 }');
    expect(await readPolicyFile(path)).toEqual({ minCohort: 4 });
  });

  it('is told everything that is wrong with it at once', async () => {
    await writeFile(path, '{ "minCohort": 1, "colluding": 2, "taks": [] }');
    await expect(readPolicyFile(path)).rejects.toMatchObject({
      code: 'config-unknown-key',
      message: expect.stringMatching(/^3 mistakes: .*"taks".*colluding.*minCohort/) as string,
    });
  });

  it('of the examples names every key', async () => {
    const example = await readPolicyFile(join(ROOT, 'examples/policy.json'));
    expect(Object.keys(example)).toEqual(Object.keys(WHOLE));
  });
});

describe('a policy that names tasks', () => {
  const tasksOf = async (options: JoinOptions): Promise<readonly string[]> => {
    const coordinator = await start();
    enter(coordinator.url, new StepApp(), options);
    await coordinator.seats(1);
    return coordinator.hellos[0]!.tasks;
  };
  const policy = { adversary: 'curious', tasks: ['a', 'b'] } as const;

  it('has the client offer itself for them, or for those of them that it is told', async () => {
    expect(await tasksOf({ policy })).toEqual(['a', 'b']);
    expect(await tasksOf({ policy, tasks: ['b'] })).toEqual(['b']);
    expect(await tasksOf({ policy: { adversary: 'curious' } })).toEqual([]);
  });

  it('lets it offer itself for no other', () => {
    expect(() => enter('http://127.0.0.1:1', new StepApp(), { policy, tasks: ['b', 'c'] })).toThrow(
      'tasks: "c" is not allowed by the policy',
    );
  });
});

describe('a policy in options', () => {
  it('that has gaps takes the defaults there', () => {
    const gaps = { adversary: 'curious', minCohort: undefined, tasks: undefined } as unknown as JoinOptions['policy'];
    expect(() => enter('http://127.0.0.1:1', new StepApp(), { policy: gaps! })).not.toThrow();
  });

  it('that has an unknown key is refused', () => {
    const policy = { adversary: 'curious', minCohrt: 3 } as unknown as NonNullable<JoinOptions['policy']>;
    expect(() => enter('http://127.0.0.1:1', new StepApp(), { policy })).toThrow('did you mean "minCohort"?');
  });
});
