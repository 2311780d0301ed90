import { encodeSafetensors, decodeSafetensors } from './safetensors.ts';

/** What the file of a task's model says about its origin. */
export interface ModelStamp {
  readonly task: string;
  /** The round that committed the model; 0 for the one that the task started with. */
  readonly round: number;
  /** When it did, in seconds since 1970 (UTC). */
  readonly date: number;
  /**
   * SHA-256 in hex of the model's file without a stamp: the hash that rounds, reports and addresses name. Removing the
   * stamp and encoding the rest canonically gives exactly that file again.
   */
  readonly modelHash: string;
  /** Version of the package that wrote the file. */
  readonly version: string;
}

/** Prefix of a stamp's keys; all other keys are the user's. */
const PREFIX = 'cairn.';

/** A stamp as metadata: `cairn.task`, `cairn.round`, `cairn.date` (ISO 8601), `cairn.modelHash`, `cairn.version`. */
export function stampMetadata({ task, round, date, modelHash, version }: ModelStamp): Record<string, string> {
  const when = new Date(1000 * date).toISOString();
  return {
    [`${PREFIX}task`]: task,
    [`${PREFIX}round`]: String(round),
    [`${PREFIX}date`]: when,
    [`${PREFIX}modelHash`]: modelHash,
    [`${PREFIX}version`]: version,
  };
}

/** Metadata without a stamp. */
export function unstamped(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith(PREFIX)));
}

/**
 * A copy of a model's file that says where it comes from: for people and other programs. Rounds never use one, since
 * its stamp differs from copy to copy.
 * @param file - as fetched by its hash
 * @throws CairnError `model-malformed`, `model-unsupported` for a file that is not a model
 */
export function stampedModel(file: Uint8Array, stamp: ModelStamp): Uint8Array<ArrayBuffer> {
  const { tensors, shapes, metadata, kept } = decodeSafetensors(file);
  return encodeSafetensors(tensors, shapes, { ...unstamped(metadata), ...stampMetadata(stamp) }, kept);
}
