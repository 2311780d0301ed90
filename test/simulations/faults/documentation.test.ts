import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readFaults } from '../../../simulations/faults/script.ts';

it('the script in docs/experiments.md is one, and has every kind of fault that its table describes', () => {
  const text = readFileSync(new URL('../../../docs/experiments.md', import.meta.url), 'utf8');
  const script = /```json\n(\[[\s\S]*?\n\])\n```/.exec(text)?.[1] ?? '';
  const kinds = new Set(readFaults(JSON.parse(script)).map(({ kind }) => kind));
  const described = [...text.matchAll(/^\| `([a-z]+)` +\| /gm)].map(([, kind]) => kind);
  expect(described).toEqual([...kinds]);
  expect(kinds.size).toBe(8);
});
