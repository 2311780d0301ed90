import type { SocketRound } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { grouped, ms, size, table } from '../support/table.ts';
import type { SocketsPlan } from './round.ts';

/** Runs a round over real sockets for each plan, and prints the table. */
export async function printSockets(
  plans: readonly SocketsPlan[],
  { run, print, note }: Runner,
): Promise<SocketRound[]> {
  const rounds: SocketRound[] = [];
  for (const plan of plans) {
    note(`${plan.clients} socket.io clients in ${plan.processes} processes`);
    rounds.push(await run('sockets', plan));
  }
  print('One curious round over real sockets: the coordinator in one process, guests in others, on the same cores.');
  print('Wall time is from the first invitation, with all clients connected, until the new model is ready.\n');
  print(
    table(
      [
        'clients',
        'd',
        'graph',
        'k',
        't',
        'connect ms',
        'wall ms',
        'up',
        'down',
        'coordinator',
        'clients',
        'loop late',
        'exact',
      ],
      rounds.map((round) => [
        ...[grouped(round.clients), grouped(round.d), round.graph, grouped(round.k), grouped(round.t)],
        ...[ms(round.connectMs), ms(round.wallMs), size(round.bytesUp), size(round.bytesDown)],
        ...[`${round.coordinatorPeakRssMB.toFixed(0)} MB`, `${round.clientsPeakRssMB.toFixed(0)} MB`],
        `p50 ${ms(round.loopDelayP50Ms)}, p99 ${ms(round.loopDelayP99Ms)}, max ${ms(round.loopDelayMaxMs)} ms`,
        round.exact ? 'yes' : `NO (${round.included} in)`,
      ]),
    ),
  );
  for (const { clients, statesMs } of rounds) {
    const states = Object.entries(statesMs).map(([state, spent]) => `${state} ${ms(spent)}`);
    print(`\n${clients} clients, ms by state: ${states.join(', ')}`);
  }
  print('');
  return rounds;
}
