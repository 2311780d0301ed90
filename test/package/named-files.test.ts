import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ROOT, Running } from '../e2e/support/running.ts';
import { pack, run } from './support/packed.ts';

/** What a string tells its reader to open or to run: sources and tests are named, too, but are cited as the repository's. */
const SHIPPED = /\b(?:docs|examples)\/[\w/-]+(?:\.\w+)*/g;
const CITED = /^(?:cli|client|coordinator|protocol|simulations|test)\//;

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let packed: ReadonlySet<string>;

beforeAll(async () => {
  const listing = new Running('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
  expect((await listing.exited).code).toBe(0);
  const [{ files }] = JSON.parse(listing.stdout.join('\n')) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  packed = new Set(
    paths.flatMap((path) => [path, ...path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))]),
  );
});

describe('the tarball of a part', () => {
  it('has the licence and says what it is, what it exports and where to read on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-parts-'));
    try {
      const tarballs = await pack(folder);
      expect(tarballs.size).toBeGreaterThan(7);
      for (const [name, tarball] of tarballs) {
        const licence = await run('tar', ['xzOf', tarball, 'package/LICENSE'], folder);
        expect(licence.join('\n'), name).toContain('Apache License');
        const readme = (await run('tar', ['xzOf', tarball, 'package/README.md'], folder)).join('\n');
        if (name === 'cairn-fl') continue;
        expect(readme).toContain(`# ${name}`);
        expect(readme).toMatch(/`docs\/[a-z-]+\.md`/);
        await expectExported(readme);
        for (const [page] of readme.matchAll(SHIPPED)) expect(packed, `${name} names ${page}`).toContain(page);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** Fails where a package's README names a function that its face lacks. */
async function expectExported(readme: string): Promise<void> {
  for (const [, path, what] of readme.matchAll(/^- `(@cairn-fl\/[\w/-]+)`: (.*)$/gm)) {
    const face = (await import(path!)) as Readonly<Record<string, unknown>>;
    const names = [...what!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(0);
    expect(Object.keys(face), path).toEqual(expect.arrayContaining(names));
  }
}

describe('the tarball', () => {
  it('has none of what runs leave behind', () => {
    expect([...packed].filter((path) => /(^|\/)(\.cairn|runs|node_modules)(\/|$)/.test(path))).toEqual([]);
    expect(packed.size).toBeGreaterThan(100);
  });

  it('has every example and document that documents, errors and the command’s help name', async () => {
    const compiled = (await readdir(join(ROOT, 'dist'), { recursive: true })).map((name) => `dist/${name}`);
    const texts = [...packed].filter((path) =>
      /^(README\.md|CHANGELOG\.md|(docs|examples)\/.*\.(md|mjs|json))$/.test(path),
    );
    const sources = compiled.filter((path) => path.endsWith('.js') && !path.startsWith('dist/bench/'));
    expect(sources.length).toBeGreaterThan(200);
    const missing: string[] = [];
    let named = 0;
    for (const path of [...texts, ...sources]) {
      const text = await readFile(join(ROOT, path), 'utf8');
      const linked = path.endsWith('.md') ? [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)] : [];
      const targets = [
        ...linked.map(([, target]) => join(dirname(path), target!)),
        ...[...text.matchAll(SHIPPED)].map(([target]) => target),
      ].map((target) => target.replace(/\/$/, ''));
      // A source may be cited by its path, but a link to one leads nowhere in a package.
      for (const [, target] of linked) {
        const at = join(dirname(path), target!).replace(/\/$/, '');
        if (!packed.has(at)) missing.push(`${path} links to ${at}`);
      }
      named += targets.length;
      for (const target of targets) if (!packed.has(target) && !CITED.test(target)) missing.push(`${path}: ${target}`);
    }
    expect(missing).toEqual([]);
    expect(named).toBeGreaterThan(50);
  });
});
