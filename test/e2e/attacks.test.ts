import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ATTACKS } from '../../simulations/attacks/index.ts';
import { cairnOnce, endAll } from './support/running.ts';

let out: string;

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'cairn-attacks-'));
});

afterEach(() => endAll());

afterAll(() => rmSync(out, { recursive: true, force: true }));

const attacks = (...args: readonly string[]): ReturnType<typeof cairnOnce> =>
  cairnOnce(['simulate', 'attacks', '--out', out, ...args]);

interface Attempt {
  readonly attack: string;
  readonly protected: boolean;
  readonly succeeded: boolean;
  readonly stoppedBy: string;
  readonly figures: Readonly<Record<string, number>>;
}

describe('cairn simulate attacks', () => {
  it('runs each attack, and each succeeds without its protection and fails with it', async () => {
    const { code, stdout } = await attacks('--json');
    expect(code).toBe(0);
    const found = JSON.parse(stdout.join('')) as { attempts: readonly Attempt[]; folder: string };
    expect(found.attempts.map(({ attack }) => attack)).toEqual(ATTACKS.flatMap(({ name }) => [name, name]));
    for (const { attack, protected: safe, succeeded, stoppedBy, figures } of found.attempts) {
      expect([attack, safe, succeeded, stoppedBy !== '']).toEqual([attack, safe, !safe, safe]);
      expect(Object.keys(figures).length, attack).toBeGreaterThan(1);
    }
    expect(found).toMatchObject({ succeededWithout: ATTACKS.length, succeededWith: 0 });
    const report = readFileSync(join(found.folder, 'report.html'), 'utf8');
    for (const { name } of ATTACKS) expect(report).toContain(name);
  });

  it('--only runs the attacks named, prints one line for each, and a wrong name is a usage error that helps', async () => {
    const { code, stdout } = await attacks('--only', 'split-view,replay');
    expect(code).toBe(0);
    expect(stdout).toContainEqual(
      expect.stringMatching(/^attacks\.split-view\.without +SUCCEEDS: the target’s update/),
    );
    expect(stdout).toContainEqual(expect.stringMatching(/^attacks\.replay\.with +stopped by round-replayed: /));
    expect(stdout.filter((line) => line.startsWith('attacks.'))).toHaveLength(4);
    const wrong = await attacks('--only', 'split-veiw');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr.join('\n')).toContain('did you mean "split-view"?');
  });
});
