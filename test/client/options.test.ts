import { describe, expect, it } from 'vitest';
import { consentInFile, defineApp, join, loadIdx, loadMnist, mnistApp, sgd } from '../../client/index.ts';
import type { JoinOptions } from '../../client/options.ts';
import { identityFrom } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import { errorOf, rejectionOf } from '../coordinator/support/errors.ts';
import { StepApp } from './support/rounds.ts';

/*
 * Programs in JavaScript have no types to stop a misspelt option: it was ignored, so that a client joined under the default
 * policy, or it came back later as a TypeError of the library's own code.
 */

const URL_OF_NOBODY = 'http://127.0.0.1:9';

const joining = (options: unknown): CairnError =>
  errorOf(() => join(URL_OF_NOBODY, new StepApp(), options as JoinOptions));

const REFUSED: readonly [string, unknown, ErrorCode, string][] = [
  [
    'a misspelt policy',
    { polcy: { minCohort: 10 } },
    'config-unknown-key',
    'unknown key "polcy"; did you mean "policy"?',
  ],
  ['a key like none', { wrong: 1 }, 'config-unknown-key', 'unknown key "wrong"; there are tasks, name, identity'],
  ['one task as a string', { tasks: 'risk' }, 'config-invalid', 'tasks must be an array of strings, but is a string'],
  ['tasks of another kind', { tasks: [3] }, 'config-invalid', 'tasks must be an array of strings, but is an array'],
  ['a listener that is no function', { onEvent: 'x' }, 'config-invalid', 'onEvent must be a function, but is a string'],
  ['a key in hex', { authorityKey: 'ab' }, 'config-invalid', 'authorityKey must be a Uint8Array, but is a string'],
  ['no object at all', 'risk', 'config-invalid', 'options of join must be an object, but is a string'],
  [
    'a misspelt part of the identity',
    { identity: { membr: 1, seed: new Uint8Array(32) } },
    'config-unknown-key',
    'identity: unknown key "membr"; did you mean "member"?',
  ],
  [
    'a seed that is too short',
    { identity: { member: 1, seed: new Uint8Array(31) } },
    'config-invalid',
    'identity.seed must have 32 bytes, but has 31',
  ],
  ['an identity without a secret', { identity: { member: 1 } }, 'config-invalid', 'neither keys nor seed'],
];

describe('join refuses', () => {
  it.each(REFUSED)('%s', (_, options, code, message) => {
    const refusal = joining(options);
    expect(refusal).toMatchObject({ name: 'CairnError', code });
    expect(refusal.message).toContain(message);
  });

  it('several mistakes in one message', () => {
    expect(joining({ tasks: 'risk', onEvent: 'x' }).message).toMatch(/^2 mistakes: .*tasks must be.*onEvent must be/);
  });

  it('a secret of another kind without showing it', () => {
    const refusal = joining({ identity: { member: 1, seed: 'c0ffee' } });
    expect(refusal.message).toContain('seed must be a Uint8Array, but is a string');
    expect(refusal.message).not.toContain('c0ffee');
  });
});

describe('join takes', () => {
  it('an identity as readIdentity gives it, and options that are undefined', async () => {
    const keys = identityFrom(nodePrimitives, new Uint8Array(32).fill(7));
    const identity = { member: 1, name: 'anna', keys, authorityKey: new Uint8Array(32), rounds: true };
    const participation = join(URL_OF_NOBODY, new StepApp(), {
      identity,
      authorityKey: identity.authorityKey,
      ...({ onEvent: undefined } as object),
    });
    participation.closed.catch(() => undefined);
    await participation.leave();
  });
});

describe('a function that takes options refuses an unknown one', () => {
  it.each<[string, string, () => unknown]>([
    ['sgd', 'learningRate', () => sgd({ learningRat: 0.1 } as never)],
    ['mnistApp', 'dataset', () => mnistApp({ datset: () => undefined } as never)],
    ['consentInFile', 'identityFile', () => consentInFile('f', { identityfile: 'g' } as never)],
  ])('of %s', (_, meant, act) => {
    expect(errorOf(act)).toMatchObject({ code: 'config-unknown-key' });
    expect(errorOf(act).message).toContain(`did you mean "${meant}"?`);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['loadMnist', 'limit', () => loadMnist('train', { limt: 5 } as never)],
    ['loadIdx', 'transposed', () => loadIdx({ images: 'a', labels: 'b', transpose: true } as never)],
  ])('of %s', async (_, meant, act) => {
    const refusal = await rejectionOf(act());
    expect(refusal).toMatchObject({ code: 'config-unknown-key' });
    expect(refusal.message).toContain(`did you mean "${meant}"?`);
  });
});

describe('defineApp refuses', () => {
  const app = { shapes: { w: [1] }, data: () => 1, train: () => Promise.reject(new Error('never')) };

  it('an app that lacks a part', () => {
    expect(errorOf(() => defineApp({ ...app, train: undefined } as never)).message).toBe('the app has no train()');
  });

  it('an optional part of another kind', () => {
    const refusal = errorOf(() => defineApp({ ...app, untrained: 'w', evaluate: 3 } as never));
    expect(refusal.message).toContain('an untrained that is not an array of tensor names');
    expect(refusal.message).toContain('an evaluate that is not a function');
  });
});
