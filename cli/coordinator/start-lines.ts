import type { CoordinatorConfig, TaskStatus } from '../../coordinator/index.ts';

/** A number for display: three digits. */
const short = (value: number): string =>
  value >= 1000 || (value !== 0 && value < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)));

/** What a task's privacy costs in accuracy; undefined for a task without noise. */
function noiseLine({ task, privacy, parameters, groups }: TaskStatus): string | undefined {
  if (privacy === undefined) return undefined;
  const { noise, clip, placement } = privacy;
  const { members, perCoordinate, norm, bearableFrom } = noise;
  const whose = placement === 'central' ? 'noise from the coordinator' : 'noise from its members';
  const where = groups === undefined ? '' : ` of each of ${groups.count} groups`;
  const verdict =
    bearableFrom > members
      ? `More noise than update: it takes about ${bearableFrom} members in a round, a larger epsilon or a smaller model to bring the noise below the clip`
      : `Bearable: the noise is below the clip, as with any number of members from about ${bearableFrom}`;
  return (
    `${task}: privacy costs accuracy. The mean of ${members} updates${where} has ${whose}: ${short(perCoordinate)} in each of ` +
    `${parameters} coordinates (standard deviation), a norm of ${short(norm)} in total; an update has a norm of at most ${short(clip)} (clip). ${verdict}`
  );
}

/** What the operator of a coordinator should know before its first round, one line each. */
export function startLines(
  { tasks }: Pick<CoordinatorConfig, 'tasks'>,
  standing: readonly TaskStatus[],
  refusedByDefault: (task: CoordinatorConfig['tasks'][number]) => string | undefined,
): string[] {
  return [
    ...tasks
      .filter(({ unsafeOpenEnrolment }) => unsafeOpenEnrolment)
      .map(({ name }) => `unsafe open enrolment: any client can take part in ${name}, under many names`),
    ...tasks.flatMap((task) => refusedByDefault(task) ?? []),
    ...standing.flatMap((status) => (status.round < status.rounds ? (noiseLine(status) ?? []) : [])),
  ];
}
