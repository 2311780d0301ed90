import { CairnError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { say } from '../io.ts';
import { type ClientLine, ClientProcess } from './client-process.ts';
import { type DemoIdentities, memberName } from './identities.ts';
import type { DemoOptions, Kill } from './options.ts';

/** Time for all clients to connect: starting Node and loading the data set takes most of a core each. */
const CONNECT_MS = 60_000;

/** The client processes of a demonstration: started together, some killed during the run, the others ended together. */
export class Cohort {
  /** Rejects when a client exits that was not killed. */
  readonly failed: Promise<never>;
  readonly #clients: ClientProcess[] = [];
  readonly #killed = new Set<number>();
  #expected = 0;
  #allThere: () => void = () => undefined;
  #patience: NodeJS.Timeout | undefined;
  #fail!: (error: CairnError) => void;
  #ending = false;
  #interrupted = false;

  readonly #killAll = (): void => {
    for (const client of this.#clients) client.kill();
  };

  constructor() {
    this.failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined);
  }

  /** Resolves once that many clients are connected. */
  ready(clients: number): Promise<void> {
    this.#expected = clients;
    return new Promise((resolve) => (this.#allThere = resolve));
  }

  /** Called with the number of connected clients whenever it changes. */
  connected(count: number): void {
    if (count < this.#expected) return;
    clearTimeout(this.#patience);
    this.#allThere();
  }

  /** Starts every client with its own identity and its own shard. */
  start(url: string, options: DemoOptions, identities: DemoIdentities, schedule: readonly Kill[]): void {
    const { clients, seed, model, partition, alpha } = options;
    // If this process crashes, nothing else would end them.
    process.on('exit', this.#killAll);
    for (let member = 1; member <= clients; member++) {
      const kill = schedule.find((entry) => entry.member === member);
      const args = [
        url,
        '--identity',
        identities.fileOf(member),
        '--shard',
        `${member - 1}/${clients}`,
        '--seed',
        String(seed),
      ];
      args.push('--model', model, '--partition', partition, '--alpha', String(alpha));
      if (kill !== undefined) args.push('--hold', `${kill.state}@${kill.round}`);
      const client = new ClientProcess(member, args, (line) => {
        this.#onLine(client, line);
      });
      this.#clients.push(client);
      void client.exited.then(({ code, signal }) => {
        // With 0 it was told that the task has ended, which is known here, too, or soon will be.
        if (this.#ending || this.#killed.has(member) || code === 0) return;
        const how = signal === null ? `exit code ${code ?? 0}` : signal;
        this.#fail(
          new CairnError('not-enough-clients', `${memberName(member)} exited by itself (${how}): ${client.lastWords}`),
        );
      });
    }
    this.#patience = setTimeout(() => {
      this.#fail(
        new CairnError('not-enough-clients', `not all ${clients} clients connected within ${CONNECT_MS / 1000} s`),
      );
    }, CONNECT_MS);
    this.#patience.unref();
  }

  /** The run is being interrupted: clients that exit now do so as expected. */
  interrupt(): void {
    this.#ending = true;
    this.#interrupted = true;
    this.#allThere();
  }

  /**
   * The task has ended: clients leave by themselves.
   * @throws CairnError `not-enough-clients` for one that does not, or fails
   */
  async ended(): Promise<void> {
    this.#ending = true;
    const alive = this.#clients.filter(({ member }) => !this.#killed.has(member));
    await Promise.all(alive.map((client) => client.ended()));
    for (const { member, exited, lastWords } of alive) {
      const { code, signal } = await exited;
      if (code === 0 || this.#interrupted) continue;
      const how = signal ?? `exit code ${code ?? 0}`;
      throw new CairnError('not-enough-clients', `${memberName(member)} failed at its end (${how}): ${lastWords}`);
    }
    if (!this.#interrupted) say(`${alive.length} clients have exited by themselves`);
  }

  /** Ends all clients that are still running. */
  async end(): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#patience);
    await Promise.all(this.#clients.map((client) => client.leave()));
    process.off('exit', this.#killAll);
  }

  #onLine(client: ClientProcess, line: ClientLine): void {
    if (line.kind === 'refused')
      say(
        `${memberName(client.member)} refused round ${line.round ?? 0} [${line.code ?? ''}]: ${printable(line.message ?? '')}`,
      );
    if (line.kind !== 'held') return;
    this.#killed.add(client.member);
    say(
      `SIGKILL to ${memberName(client.member)} (pid ${client.pid ?? 0}) in round ${line.round ?? 0}, before ${line.state ?? ''}`,
    );
    client.kill();
  }
}
