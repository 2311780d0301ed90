import type { ModelRecord, SentInput, SignedSession, SignedSet } from '../../protocol/schemes/secagg/index.ts';

/** What a client remembers about one model from which it sent an input. */
export interface RememberedModel extends Omit<ModelRecord, 'closed'> {
  /** `modelPoint`, in hex. */
  readonly point: string;
}

/** The part of a client's memory that is kept per model. Oldest first. */
interface Models {
  readonly models: readonly RememberedModel[];
  readonly closed: readonly string[];
}

/** Maximum number of models remembered in full. */
export const MAX_MODELS = 64;

/** Maximum number of member ids remembered with all models together; the same number again with all sums. */
export const MAX_IDS = 1 << 20;

/**
 * Older models of which only the first bytes are remembered: nothing more is sent from them. Beyond these, after 65 536
 * others, a model is forgotten altogether.
 */
export const MAX_CLOSED = 65_536;

/** Hex digits of a closed model point. */
export const CLOSED_DIGITS = 32;

/** Maximum number of sessions remembered with a signed set. */
export const MAX_SESSIONS = 4;

const closedOf = (point: string): string => point.slice(0, CLOSED_DIGITS);

/** What is remembered about a model point; undefined if nothing was sent from it, or if it has been forgotten. */
export function recordOf({ models, closed }: Models, point: string): ModelRecord | undefined {
  const found = models.find((model) => model.point === point);
  if (found !== undefined) return found;
  return closed.includes(closedOf(point)) ? { inputs: [], signed: undefined, closed: true } : undefined;
}

/** With an input that is about to be sent. The caller has checked that it is allowed. */
export function withInput(all: Models, point: string, sent: SentInput): Models {
  return changed(all, point, ({ inputs }) => {
    const others = inputs.filter(({ repeat }) => repeat !== sent.repeat);
    return { inputs: [...others, sent].sort((a, b) => a.repeat - b.repeat) };
  });
}

/** With the session in which the client is about to share its keys. @param session its id, in hex */
export const withSession = (all: Models, point: string, session: string): Models =>
  changed(all, point, () => ({ session }));

/**
 * With a set that is about to be signed, in a session. The first set is kept: later ones are the same, or lack members
 * that were proven to deal falsely.
 */
export function withSigned(all: Models, point: string, members: readonly number[], session: SignedSession): Models {
  return changed(all, point, ({ signed }) => {
    const before: SignedSet = signed ?? { members, sessions: [], proven: [] };
    const others = before.sessions.filter(({ settingsHash }) => settingsHash !== session.settingsHash);
    return { signed: { ...before, sessions: [...others, session].slice(-MAX_SESSIONS) } };
  });
}

/**
 * With a member of the signed set that was proven to have dealt falsely. For any other member there is nothing to
 * record.
 */
export function withProven(all: Models, point: string, member: number): Models {
  const signed = recordOf(all, point)?.signed;
  if (signed?.members.includes(member) !== true || signed.proven.includes(member)) return all;
  const proven = [...signed.proven, member].sort((a, b) => a - b);
  return changed(all, point, () => ({ signed: { ...signed, proven } }));
}

function changed(
  { models, closed }: Models,
  point: string,
  change: (model: RememberedModel) => Partial<RememberedModel>,
): Models {
  const before = models.find((model) => model.point === point) ?? { point, inputs: [], signed: undefined };
  const others = models.filter((model) => model.point !== point);
  return withinBounds([...others, { ...before, ...change(before) }], closed);
}

const idsOf = ({ signed }: RememberedModel): number =>
  signed === undefined
    ? 0
    : signed.sessions.reduce((sum, { ids }) => sum + ids.length, signed.members.length + signed.proven.length);

/** The newest models within the bounds, the very newest whatever its size; older ones are closed. */
function withinBounds(models: readonly RememberedModel[], closed: readonly string[]): Models {
  let first = models.length - 1;
  let ids = idsOf(models[first]!);
  while (first > 0 && models.length - first < MAX_MODELS) {
    ids += idsOf(models[first - 1]!);
    if (ids > MAX_IDS) break;
    first--;
  }
  if (first === 0) return { models, closed };
  const older = models.slice(0, first).map(({ point }) => closedOf(point));
  const others = closed.filter((one) => !older.includes(one));
  return { models: models.slice(first), closed: [...others, ...older].slice(-MAX_CLOSED) };
}
