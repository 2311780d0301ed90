import type { Plan } from '../../inference/index.ts';

const learnt = ({ reveal }: Plan): string =>
  reveal === 'class' ? 'the class of each row' : 'the scores of each row for all classes';

/** Who learns what, for the model's owner, and against whom that holds. */
export function ownerPrivacy(plan: Plan): readonly string[] {
  return [
    `the asker learns ${learnt(plan)} and the layers with their sizes, not the weights; you learn who asks, when and for how many rows, not the rows and not the answers`,
    'the dealer learns the plan and how often it is used; together with either side it could read the other side’s secrets, so it must be trusted by both',
    'this holds if both sides follow the protocol (semi-honest): an asker that deviates could learn more of the weights than its answers tell; and any answers, many enough, tell the model: bound them with --max-queries',
  ];
}

/** Who learns what, for the asker, and against whom that holds. */
export function askerPrivacy(plan: Plan): readonly string[] {
  return [
    `you learn ${learnt(plan)}; the owner learns how many rows you ask for, not the rows and not the answers`,
    'your rows are safe as long as the dealer that you named does not share what it dealt with the owner',
    'this holds if both sides follow the protocol (semi-honest): an owner that deviates could answer wrongly without being noticed, or learn something of a row from whether you go on',
  ];
}

/** Who learns what, for one of two servers, and against whom that holds. */
export function serverPrivacy(plan: Plan): readonly string[] {
  return [
    `the asker learns ${learnt(plan)} and the layers with their sizes, not the weights; this server learns who asks, when and for how many rows, not the rows, not the answers and not the weights`,
    'all of it holds as long as the two servers do not work together, nor a dealer with either of them',
    'and if both follow the protocol (semi-honest): one that deviates could make answers wrong without being noticed, or learn something from whether the other goes on',
  ];
}

/** The same for who asks two servers. */
export function twoServerPrivacy(plan: Plan): readonly string[] {
  return [
    `you learn ${learnt(plan)}; either server learns how many rows you ask for, not the rows and not the answers`,
    'your rows are safe as long as the two servers do not work together, nor a dealer of theirs with either of them',
    'this holds if both follow the protocol (semi-honest): one that deviates could make answers wrong without being noticed',
  ];
}
