import { afterEach } from 'vitest';
import type { App } from '../../../client/app.ts';
import { join } from '../../../client/index.ts';
import type { JoinOptions } from '../../../client/options.ts';
import type { Participation } from '../../../client/participation.ts';
import { type Script, ScriptedCoordinator } from './coordinator.ts';
import { GUEST, StepApp } from './rounds.ts';
import { EventLog } from '../../../simulations/attacks/coordinator/event-log.ts';

/** One client of a test. */
export interface Entered<A extends App> {
  readonly app: A;
  readonly log: EventLog;
  readonly participation: Participation;
}

/** Starts coordinators and clients, and ends them all after each test of the file. */
export function useClients(): {
  coordinator: (script?: Script) => Promise<ScriptedCoordinator>;
  enter: <A extends App = StepApp>(url: string, app?: A, options?: JoinOptions) => Entered<A>;
} {
  const joined: Participation[] = [];
  const coordinators: ScriptedCoordinator[] = [];
  afterEach(async () => {
    await Promise.all(joined.splice(0).map((participation) => participation.leave()));
    await Promise.all(coordinators.splice(0).map((coordinator) => coordinator.stop()));
  });
  return {
    async coordinator(script) {
      const coordinator = await ScriptedCoordinator.start(script);
      coordinators.push(coordinator);
      return coordinator;
    },
    enter<A extends App = StepApp>(url: string, app?: A, options: JoinOptions = {}) {
      const log = new EventLog();
      const chosen = app ?? (new StepApp() as App as A);
      const all = { ...GUEST, ...options, onEvent: log.onEvent };
      const participation = join(url, chosen, all);
      joined.push(participation);
      return { app: chosen, log, participation };
    },
  };
}
