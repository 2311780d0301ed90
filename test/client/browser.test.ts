import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as browser from '../../client/browser/index.ts';
import * as node from '../../client/index.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Everything that a file loads at run time: type-only imports are erased. */
function loads(file: string, seen = new Map<string, string>()): Map<string, string> {
  const text = readFileSync(file, 'utf8');
  for (const [, what, from] of text.matchAll(/^(?:import|export)\s([^;]*?from\s+)?'([^']+)';/gm)) {
    if (what?.startsWith('type ') === true) continue;
    const target = from!.startsWith('.') ? resolve(dirname(file), from!) : from;
    if (seen.has(target!)) continue;
    seen.set(target!, relative(root, file));
    if (existsSync(target!)) loads(target!, seen);
  }
  return seen;
}

describe('the browser entry', () => {
  const loaded = loads(resolve(root, 'client/browser/index.ts'));
  const outside = (path: string): boolean =>
    path.startsWith('node:') || path.includes('/node/') || path.startsWith('@tensorflow');

  it('reaches nothing of Node, and no optional library', () => {
    expect([...loaded].filter(([target]) => outside(target))).toEqual([]);
    expect(loaded.has('socket.io-client')).toBe(true);
  });

  it('is looked through by a search that does find what the Node entry loads', () => {
    const found = [...loads(resolve(root, 'client/index.ts')).keys()].filter(outside);
    expect(found).toContain('node:fs/promises');
  });

  it('has a join of its own, on portable cryptography', () => {
    expect(browser.join).toBeTypeOf('function');
    expect(browser.join).not.toBe(node.join);
  });

  it('offers what the Node entry does, but for files', () => {
    const files = [
      'acceptLostMemory',
      'consentInFile',
      'consentPath',
      'loadCsv',
      'loadEmnist',
      'loadIdx',
      'loadMnist',
      'loadMnistLabels',
      'readIdentity',
      'readPolicyFile',
      'serialsInFile',
      'serialsPath',
      'writeIdentity',
    ];
    expect(
      Object.keys(node)
        .filter((name) => !(name in browser))
        .sort(),
    ).toEqual(files);
  });
});
