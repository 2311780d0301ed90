import type { Coordinator, CoordinatorConfig, MemberName, WaitingEvent } from '../../coordinator/index.ts';
import { printable } from '../../protocol/printable.ts';
import { live, say } from '../io.ts';
import { PacedLines } from './paced.ts';
import { overdueLine, stateLine, waitingLine, withoutThem } from './waiting-line.ts';

/** Formats a name; see `nameText`. */
type NameText = (name: MemberName) => string;

/**
 * Shows the activity of a coordinator's tasks: on a terminal in one line that is updated in place, elsewhere only the
 * members awaited, one line per change, and at most one per second.
 * @returns a function that ends it
 */
export function watch(coordinator: Coordinator, { tasks }: CoordinatorConfig, nameText: NameText): () => void {
  const now = new Map<string, string>();
  const lines = new PacedLines((line) => say(line));
  const show = (task: string, line: string | undefined): void => {
    if (line === undefined) now.delete(task);
    else now.set(task, printable(line));
    live.show([...now.values()].join(' | '));
  };
  const label = (member: number): string => {
    const name = coordinator.nameOf(member);
    return name === undefined ? `member ${member}` : nameText(name);
  };
  const loud = new LoudLines();
  const waiting = (event: WaitingEvent): void => {
    const { task } = event;
    const line = printable(waitingLine(event, label));
    if (live.isLive) show(task, line);
    else lines.tell(task, line);
    const patience = tasks.find(({ name }) => name === task);
    const overdue = patience && overdueLine(event, patience);
    loud.tell(task, 'overdue', `${event.round} ${event.timeouts}`, overdue);
    loud.tell(task, 'without', event.gone.join(), withoutThem(event, label));
  };
  const ends = [
    coordinator.on('waiting', waiting),
    coordinator.on('state', (event) => {
      lines.drop(event.task);
      show(event.task, stateLine(event));
    }),
    coordinator.on('progress', ({ done, of, ...at }) => {
      const { inRound } = coordinator.tasks.find(({ task }) => task === at.task) ?? { inRound: 0 };
      const opening = { ...at, state: 'computing' as const, members: inRound };
      show(at.task, stateLine(opening, `${done} of ${of} masks removed`));
    }),
    coordinator.on('round', ({ task }) => show(task, undefined)),
    // Problems that an operator must handle. The message of a foreign error may contain anything: the log has its code.
    coordinator.on('fault', ({ code, message, hint }) => {
      if (code !== 'internal') say(`fault: ${message} [${code}] — ${hint}`);
    }),
  ];
  return () => {
    for (const end of ends) end();
    lines.end();
    live.show('');
  };
}

/** Permanent lines, each printed once per cause. */
class LoudLines {
  readonly #told = new Map<string, string>();

  /** @param cause what it is about: it is printed again when the cause changes. Undefined lines are not printed */
  tell(task: string, kind: string, cause: string, line: string | undefined): void {
    const key = `${task} ${kind}`;
    if (line === undefined || this.#told.get(key) === cause) return;
    this.#told.set(key, cause);
    say(printable(line));
  }
}
