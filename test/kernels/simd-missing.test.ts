import { afterEach, describe, expect, it, vi } from 'vitest';
import { join } from '../../client/index.ts';
import { createCoordinator, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { ERROR_CODES } from '../../protocol/errors.ts';
import { Tape } from '../../training/index.ts';
import { createHeap } from '../../training/kernels/index.ts';
import { rejectionOf } from '../coordinator/support/errors.ts';
import { expectCode } from '../crypto/helpers.ts';

/** As Node with `--jitless`, or a page whose content security policy forbids it: there is no WebAssembly at all. */
const without = (): unknown => vi.stubGlobal('WebAssembly', undefined);
/** As an engine that has WebAssembly, but knows no SIMD. */
const old = (): unknown => vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const app = { shapes: { w: [2] }, data: () => null, train: () => Promise.reject(new Error('nobody trains here')) };
const config = (): ReturnType<typeof parseConfig> =>
  parseConfig({
    ...{ port: 0, logLevel: 'silent' },
    tasks: [
      {
        ...{ name: 'toy', rounds: 1, cohort: 3, adversary: 'curious', unsafeOpenEnrolment: true },
        model: { tensors: { w: [2] } },
      },
    ],
  });

describe.each([
  ['without WebAssembly', without],
  ['without SIMD', old],
])('an engine %s', (_, take) => {
  it('is refused when a client joins, not in the middle of its first round', () => {
    take();
    expectCode('simd-missing', () => join('http://localhost:1', app));
  });

  it('is refused when a coordinator starts, and leaves nothing running', async () => {
    const given = { config: config(), store: new MemoryStore() };
    take();
    expect(await rejectionOf(createCoordinator(given))).toMatchObject({ code: 'simd-missing' });
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    await (await createCoordinator(given)).stop();
  });

  it('is refused by training, unless a test asks for the kernels’ twin by name', () => {
    take();
    expectCode('simd-missing', () => createHeap());
    expectCode('simd-missing', () => createHeap('wasm'));
    expectCode('simd-missing', () => new Tape());
    expect(createHeap('plain').kind).toBe('plain');
  });

  it('is told what to do about it', () => {
    expect(ERROR_CODES['simd-missing'].hint).toMatch(/browser.*wasm-unsafe-eval.*--jitless/);
  });
});
