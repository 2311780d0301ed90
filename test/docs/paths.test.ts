import { access, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DOCUMENTS = [
  'README.md',
  ...(await readdir('docs', { recursive: true })).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];

/** Folders of this repository: what begins with another word is a path of somebody else's. */
const OURS =
  /^(bench|cli|client|coordinator|docs|examples|inference|learning|platform|protocol|scripts|simulations|test|training)\//;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe.each(DOCUMENTS)('%s', (document) => {
  it('names files and folders that are there', async () => {
    const text = await readFile(document, 'utf8');
    const named = [...text.matchAll(/`([a-z][\w./-]*\/[\w./-]*)`/g)]
      .map(([, path]) => path)
      .filter((path) => OURS.test(path!));
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path]) =>
      join(dirname(document), path!),
    );
    const missing: string[] = [];
    for (const path of [...named, ...linked]) if (!(await exists(path!))) missing.push(path!);
    expect(missing).toEqual([]);
  });
});
