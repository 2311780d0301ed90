import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeIdentity } from '../../../client/index.ts';
import type { RoundReport, TaskStatus } from '../../../coordinator/index.ts';
import { toHex } from '../../../protocol/crypto/bytes.ts';
import { generateIdentity } from '../../../protocol/crypto/keys.ts';
import { portablePrimitives } from '../../../protocol/crypto/portable.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import { type DirectoryEntry, signDirectory } from '../../../protocol/wire/directory.ts';
import { enrolled, LASTING } from '../../support/directory.ts';
import { Client, type Tiny } from './client.ts';
import { cairn, endAll, type Exit, ROOT, type Running } from './running.ts';

/** Fields of a configuration file, as a test changes them. */
export type Fields = Readonly<Record<string, unknown>>;

/** `cairn coordinator --json` as a child process. */
export class CoordinatorProcess {
  readonly running: Running;
  readonly url: string;

  private constructor(running: Running, url: string) {
    this.running = running;
    this.url = url;
  }

  /** @param ending - whether it ends by itself once its tasks have; without it it answers until it is told to end */
  static async start(
    args: readonly string[],
    ending: readonly string[] = ['--exit-when-done'],
  ): Promise<CoordinatorProcess> {
    const running = cairn(['coordinator', ...args, ...ending, '--json']);
    const line = await running.line('stderr', (text) => text.startsWith('listening on '));
    return new CoordinatorProcess(running, /https?:\/\/[^;]+/.exec(line)![0]);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The report of an attempt at a round. */
  async report(round: number, attempt = 1): Promise<RoundReport> {
    const parse = (line: string): RoundReport => JSON.parse(line) as RoundReport;
    const line = await this.running.line('stdout', (text) => {
      const report = parse(text);
      return report.round === round && report.attempt === attempt;
    });
    return parse(line);
  }

  /** A line of its log about a member. */
  async log(event: string, member: number): Promise<void> {
    await this.running.line(
      'stderr',
      (text) => text.includes(`"event":"${event}"`) && text.includes(`"member":${member},`),
    );
  }

  /** A line for people. */
  async said(text: string): Promise<void> {
    await this.running.line('stderr', (line) => line.includes(text));
  }

  async status(): Promise<TaskStatus> {
    const [status] = (await (await fetch(`${this.url}/v1/tasks`)).json()) as [TaskStatus];
    return status;
  }

  async stop(signal: 'SIGINT' | 'SIGKILL'): Promise<Exit> {
    this.running.kill(signal);
    return this.running.exited;
  }
}

/** What a member's process is told beside its identity. */
interface MemberOptions {
  readonly hold?: string;
  readonly tiny?: Tiny;
  readonly env?: Readonly<Record<string, string>>;
}

/** A temporary folder with a configuration, identities, and the processes that use them. */
export class World {
  readonly folder: string;
  readonly seeds: string[] = [];
  #directory: Fields = {};

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<World> {
    return new World(await mkdtemp(join(tmpdir(), 'cairn-e2e-')));
  }

  /** Ends every process and removes the folder. */
  async end(): Promise<void> {
    await endAll();
    await rm(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Lets modules in this folder import `cairn-fl`, as in a project that has installed it. */
  async install(): Promise<void> {
    await mkdir(this.path('node_modules'));
    await symlink(ROOT, this.path('node_modules/cairn-fl'), 'dir');
  }

  /** Makes members 1 … n with identity files, and the directory that names them. */
  async enrol(n: number): Promise<void> {
    const authority = generateIdentity(portablePrimitives, systemRandom);
    const entries: DirectoryEntry[] = [];
    for (let member = 1; member <= n; member++) {
      const keys = generateIdentity(portablePrimitives, systemRandom);
      const name = `member-${member}`;
      await writeIdentity(this.identity(member), { member, name, keys, authorityKey: authority.publicKey });
      entries.push(enrolled(member, keys.publicKey));
      this.seeds.push(toHex(keys.secretKey.expose()));
    }
    await writeFile(this.path('members.directory'), signDirectory(portablePrimitives, authority, LASTING, entries));
    this.#directory = { directory: { file: 'members.directory', authorityKey: toHex(authority.publicKey) } };
  }

  /** Path of a member's identity file. */
  identity(member: number): string {
    return this.path(`member-${member}.json`);
  }

  /** Writes a configuration file for the tiny model. @returns its path */
  async configure(task: Fields, fields: Fields = {}, name = 'cairn.json'): Promise<string> {
    const config = {
      port: 0,
      dataDir: 'data',
      reconnectGraceMs: 100,
      ...this.#directory,
      tasks: [
        {
          name: 'tiny',
          rounds: 100,
          overSelect: 0,
          model: { tensors: { w: [4] } },
          clip: 100,
          maxExamples: 10,
          lossBound: 16,
          scales: 'fixed',
          retryPause: 0.1,
          ...(task['adversary'] === 'curious' ? { unsafeOpenEnrolment: true } : {}),
          ...task,
        },
      ],
      ...fields,
    };
    const path = this.path(name);
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  /** Starts a coordinator for a task of the tiny model. */
  async coordinator(task: Fields, fields: Fields = {}): Promise<CoordinatorProcess> {
    return CoordinatorProcess.start([await this.configure(task, fields)]);
  }

  /** Starts a client with an identity. */
  member(url: string, member: number, { hold, tiny, env }: MemberOptions = {}): Client {
    return new Client(
      url,
      ['--identity', this.identity(member), ...(hold === undefined ? [] : ['--hold', hold])],
      tiny,
      env,
    );
  }

  /** Starts a client without an identity, for curious tasks. */
  guest(url: string, tiny?: Tiny, args: readonly string[] = []): Client {
    return new Client(url, ['--accept-curious', ...args], tiny);
  }
}
