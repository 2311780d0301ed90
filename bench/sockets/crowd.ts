import { join, type Participation } from '../../client/index.ts';
import { peakRssMB } from '../support/memory.ts';
import { COLLUDING, TASK, trivialApp } from './task.ts';

/** Clients that run in one process. */
export interface Crowd {
  readonly url: string;
  /** Number of the first client. */
  readonly from: number;
  readonly count: number;
  readonly d: number;
}

/** The result for these clients. */
export interface CrowdResult {
  /** Number of clients whose update is in the sum, according to the coordinator. */
  readonly included: number;
  readonly peakRssMB: number;
}

/**
 * Number of clients that connect at a time: a thousand handshakes at once would delay one another until they time out.
 */
const AT_ONCE = 32;

/** Joins with real clients over real sockets; each leaves after its round. */
export async function joinCrowd({ url, from, count, d }: Crowd): Promise<CrowdResult> {
  const ends: Promise<boolean>[] = [];
  for (let start = 0; start < count; start += AT_ONCE) {
    const wave = Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, i) => joinOne(url, from + start + i, d));
    await Promise.all(wave.map(({ connected }) => connected));
    ends.push(...wave.map(({ included }) => included));
  }
  const included = (await Promise.all(ends)).filter(Boolean).length;
  return { included, peakRssMB: peakRssMB() };
}

/** One client: when it gets its seat, and whether its update is in the sum. */
function joinOne(
  url: string,
  i: number,
  d: number,
): { readonly connected: Promise<void>; readonly included: Promise<boolean> } {
  let participation: Participation | undefined;
  let seated: () => void = () => undefined;
  const connected = new Promise<void>((resolve) => (seated = resolve));
  const included = new Promise<boolean>((resolve, reject) => {
    participation = join(url, trivialApp(i, d), {
      name: `client-${i}`,
      tasks: [TASK],
      policy: { adversary: 'curious', colluding: COLLUDING, minCohort: 2 },
      connectTimeoutMs: 120_000,
      onEvent: (event) => {
        if (event.kind === 'connected') seated();
        if (event.kind === 'failed' || event.kind === 'refused') {
          reject(new Error(`client ${i}: ${event.message} [${event.code}]`));
        }
        if (event.kind !== 'committed' && event.kind !== 'abandoned') return;
        resolve(event.kind === 'committed' && event.included);
        void participation?.leave();
      },
    });
  });
  return { connected: Promise.race([connected, included.then(() => undefined)]), included };
}
