import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { ROOT, Running } from '../../e2e/support/running.ts';

/** Runs a command to its good end. @returns its lines on stdout */
export async function run(command: string, args: readonly string[], cwd: string): Promise<readonly string[]> {
  const running = new Running(command, args, { cwd });
  expect(await running.exited, running.output).toEqual({ code: 0, signal: null });
  return running.stdout;
}

/**
 * Packs cairn-fl and its parts as for the registry, or the named parts alone.
 * @returns the tarballs' paths, by the names of their packages
 */
export async function pack(folder: string, parts?: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await run(process.execPath, ['scripts/packages.mjs'], ROOT);
  const which = parts?.map((part) => ['-w', `@cairn-fl/${part}`]) ?? [['--workspaces', '--include-workspace-root']];
  const options = ['--silent', '--json', '--ignore-scripts', '--pack-destination', folder];
  const packed = JSON.parse((await run('npm', ['pack', ...options, ...which.flat()], ROOT)).join('\n')) as {
    readonly name: string;
    readonly filename: string;
  }[];
  return new Map(packed.map(({ name, filename }) => [name, join(folder, filename)]));
}

/**
 * A project that has the package from its tarball, and nothing beside it but its declared dependencies: these are links,
 * so that no registry is asked and types of development's dependencies are out of reach, as they are for users.
 */
export class PackedProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<PackedProject> {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-packed-'));
    const project = new PackedProject(folder);
    await mkdir(project.path('node_modules/@cairn-fl'), { recursive: true });
    const others = new Set<string>();
    const tarballs = await pack(folder);
    for (const [name, tarball] of tarballs) {
      await run('tar', ['xzf', tarball], folder);
      const own = project.path(`node_modules/${name}`);
      await rename(project.path('package'), own);
      const { dependencies = {} } = JSON.parse(await readFile(join(own, 'package.json'), 'utf8')) as {
        readonly dependencies?: Readonly<Record<string, string>>;
      };
      for (const dependency of Object.keys(dependencies)) if (!tarballs.has(dependency)) others.add(dependency);
    }
    for (const name of others) await project.add(name);
    await project.write('package.json', '{ "name": "project", "private": true, "type": "module" }');
    return project;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), text);
  }

  /** What users can import, each without the package's name: `client/browser`, and the like. */
  async entries(): Promise<readonly string[]> {
    const { exports } = JSON.parse(await readFile(this.path('node_modules/cairn-fl/package.json'), 'utf8')) as {
      readonly exports: Readonly<Record<string, unknown>>;
    };
    return Object.keys(exports).map((path) => path.replace('./', ''));
  }

  /** Adds a package that the user has installed, too. */
  async add(name: string): Promise<void> {
    const path = this.path(`node_modules/${name}`);
    await mkdir(dirname(path), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), path, 'dir');
  }

  /** Every complaint of the TypeScript compiler about files, with strict settings and without skipLibCheck. */
  async compile(files: readonly string[], options: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    const compilerOptions = { strict: true, noUncheckedIndexedAccess: true, target: 'ES2022', skipLibCheck: false };
    await this.write('tsconfig.json', JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, files }));
    const compiler = new Running(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '--pretty', 'false'],
      {
        cwd: this.folder,
      },
    );
    await compiler.exited;
    return [...compiler.stdout, ...compiler.stderr];
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
