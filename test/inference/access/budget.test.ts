import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QueryBudget } from '../../../inference/access/budget.ts';

const HOUR = 3_600_000;

describe('a budget of answers', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cairn-budget-'));
    file = join(folder, 'answered.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('counts each identity alone, and refuses what goes beyond without counting it', async () => {
    const budget = await QueryBudget.open({ total: 10 });
    expect(await budget.take('a', 6, 0)).toBe(4);
    await expect(budget.take('a', 5, 0)).rejects.toMatchObject({ code: 'queries-used-up' });
    expect(await budget.take('a', 4, 0)).toBe(0);
    expect(await budget.take('b', 1, 0)).toBe(9);
  });

  it('gives the rows of a day back after 24 hours, and those in all never', async () => {
    const budget = await QueryBudget.open({ total: 12, perDay: 5 });
    expect(await budget.take('a', 5, 0)).toBe(0);
    await expect(budget.take('a', 1, 23 * HOUR)).rejects.toMatchObject({
      hint: expect.stringContaining('a day') as string,
    });
    expect(await budget.take('a', 5, 24 * HOUR)).toBe(0);
    expect(await budget.take('a', 2, 48 * HOUR)).toBe(0);
    await expect(budget.take('a', 1, 96 * HOUR)).rejects.toMatchObject({
      hint: expect.stringContaining('owner') as string,
    });
  });

  it('does not bound anybody without limits', async () => {
    const budget = await QueryBudget.open({});
    expect(await budget.take('a', 1_000_000, 0)).toBeUndefined();
  });

  it('cannot be overdrawn by two questions at a time', async () => {
    const budget = await QueryBudget.open({ total: 3 }, file);
    const taken = await Promise.allSettled([budget.take('a', 2, 0), budget.take('a', 2, 0)]);
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('remembers across restarts, and a line that a crash cut never counted', async () => {
    await (await QueryBudget.open({ total: 10 }, file)).take('a', 7, 0);
    appendFileSync(file, '{"at":0,"who":"a","ro');
    expect(await (await QueryBudget.open({ total: 10 }, file)).take('a', 1, 0)).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('{"at":0,"who":"a","rows":7}\n{"at":0,"who":"a","rows":1}\n');
  });

  it('refuses a file that was changed', async () => {
    writeFileSync(file, '{"at":0,"who":"a","rows":-7}\n');
    await expect(QueryBudget.open({ total: 10 }, file)).rejects.toMatchObject({ code: 'config-unreadable' });
  });
});
