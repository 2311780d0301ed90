import { fileURLToPath } from 'node:url';
import type { ParticipationEvent } from '../../../client/index.ts';
import { cairn, type Exit, type Running } from './running.ts';

type Kind = ParticipationEvent['kind'];
type EventOf<K extends Kind> = Extract<ParticipationEvent, { readonly kind: K }>;

/** The app that clients of these tests train. */
export const TINY_APP = fileURLToPath(new URL('./tiny-app.mjs', import.meta.url));

/** What the tiny app is told; see tiny-app.mjs. */
export interface Tiny {
  readonly step?: number;
  readonly loss?: number;
  readonly examples?: number;
  readonly size?: number;
  /** Training in round N lasts until the file `GATE-N` is there. */
  readonly gate?: string;
}

/** The environment that tells the tiny app. */
export function tinyEnv({ step, loss, examples, size, gate }: Tiny): Record<string, string> {
  const values = { TINY_STEP: step, TINY_LOSS: loss, TINY_EXAMPLES: examples, TINY_SIZE: size, TINY_GATE: gate };
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );
}

/** `cairn join --json` as a child process, and the events that it prints. */
export class Client {
  readonly running: Running;

  constructor(url: string, args: readonly string[], tiny: Tiny = {}, env: Readonly<Record<string, string>> = {}) {
    this.running = cairn(['join', url, '--app', TINY_APP, '--json', ...args], { env: { ...tinyEnv(tiny), ...env } });
  }

  get exited(): Promise<Exit> {
    return this.running.exited;
  }

  /** How many lines it has printed: what comes after is new. */
  get mark(): number {
    return this.running.stdout.length;
  }

  /** All its events so far. */
  get events(): readonly ParticipationEvent[] {
    return this.running.stdout.map((line) => JSON.parse(line) as ParticipationEvent);
  }

  /** The first event of a kind that fits, after a mark if one is given. */
  async event<K extends Kind>(
    kind: K,
    fits: (event: EventOf<K>) => boolean = () => true,
    after = 0,
  ): Promise<EventOf<K>> {
    const of = (line: string): EventOf<K> | undefined => {
      const event = JSON.parse(line) as ParticipationEvent;
      return event.kind === kind ? (event as EventOf<K>) : undefined;
    };
    const line = await this.running.line(
      'stdout',
      (text) => {
        const event = of(text);
        return event !== undefined && fits(event);
      },
      after,
    );
    return of(line)!;
  }

  /** Waits until a process that was started with `--hold` hangs. @returns the state before whose message it does */
  async hung(): Promise<string> {
    const line = await this.running.line('stdout', (text) => text.startsWith('{"kind":"held"'));
    return (JSON.parse(line) as { readonly state: string }).state;
  }

  /** As when a machine loses power. */
  async sigkill(): Promise<void> {
    this.running.kill('SIGKILL');
    await this.exited;
  }

  /** As when a person presses Ctrl-C. */
  async sigint(): Promise<Exit> {
    this.running.kill('SIGINT');
    return this.exited;
  }
}
