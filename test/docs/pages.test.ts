import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../client/consent/parse.ts';
import { parseConfig } from '../../coordinator/index.ts';
import { ERROR_CODES, isErrorCode } from '../../protocol/errors.ts';

const operator = await readFile('docs/operator.md', 'utf8');
const member = await readFile('docs/member.md', 'utf8');

const jsonOf = (page: string): unknown =>
  JSON.parse(/```json\n([^]*?)```/.exec(page)![1]!.replace('KEY', 'ab'.repeat(32)));

describe('the pages for an operator and for a member', () => {
  it('fit each other: the member’s policy takes the rounds of the operator’s task', () => {
    const [task] = parseConfig(jsonOf(operator)).tasks;
    const policy = parsePolicy(jsonOf(member));
    expect(policy.tasks).toContain(task!.name);
    expect(task!.minCohort).toBeGreaterThanOrEqual(policy.minCohort!);
  });

  it('say where the signed directory goes', () => {
    expect(operator).toContain('Copy the file into the folder of your configuration');
  });

  it('name exit codes as the error codes have them', () => {
    const rows = [...operator.matchAll(/^\| (\d+) +\| [^|]+\| ([^|]*)\|$/gm)];
    expect(rows.map(([, exit]) => exit)).toEqual(['0', '1', '2', '3', '4', '5', '130']);
    let named = 0;
    for (const [, exit, cell] of rows) {
      for (const [, code] of cell!.matchAll(/`([a-z-]+)`/g)) {
        expect(isErrorCode(code!) && ERROR_CODES[code].exit, code).toBe(Number(exit));
        named++;
      }
    }
    expect(named).toBeGreaterThan(8);
  });
});
