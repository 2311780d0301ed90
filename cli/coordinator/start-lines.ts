import type { CoordinatorConfig, TaskStatus } from '../../coordinator/index.ts';

/** A number for people: three digits. */
const short = (value: number): string =>
  value >= 1000 || (value !== 0 && value < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)));

/** What a task's privacy costs in accuracy; undefined for a task without noise. */
function noiseLine({ task, privacy, parameters, groups }: TaskStatus): string | undefined {
  if (privacy === undefined) return undefined;
  const { noise, clip, placement } = privacy;
  const { members, perCoordinate, norm, bearableFrom } = noise;
  const whose = placement === 'central' ? 'noise of the coordinator' : 'noise of its members';
  const where = groups === undefined ? '' : ` of each of ${groups.count} groups`;
  const verdict =
    bearableFrom > members
      ? `More noise than update: bearable (noise below the clip) from about ${bearableFrom} members in a round on, or with a greater epsilon, or a smaller model`
      : `Bearable: the noise is below the clip, from about ${bearableFrom} members on`;
  return (
    `${task}: privacy costs accuracy. The mean of ${members} updates${where} has ${whose}: ${short(perCoordinate)} in each of ` +
    `${parameters} coordinates (standard deviation), ${short(norm)} in all together, where an update is ${short(clip)} long at most (clip). ${verdict}`
  );
}

/** What a person who runs a coordinator should know before its first round, a line each. */
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
