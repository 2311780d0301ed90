import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGate } from '../../../cli/inference/gate.ts';

let folder: string;
const ends: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-gate-'));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true });
});

describe('the account of queries', () => {
  const open = () =>
    openGate({ host: '127.0.0.1', maxQueries: 5, queries: join(folder, 'asked.jsonl') }, (end) => ends.push(end));

  it('is kept by one server at a time, so that two cannot each answer all that is allowed', async () => {
    const first = await open();
    expect(await first.budget.take('guest', 5, 0)).toBe(0);
    await expect(open()).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('is free for the next one, which goes on counting', async () => {
    await (await open()).budget.take('guest', 4, 0);
    for (const end of ends.splice(0)) await end();
    expect(await (await open()).budget.take('guest', 1, 0)).toBe(0);
  });
});
