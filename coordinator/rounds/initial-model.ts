import { readFile } from 'node:fs/promises';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { NamedTensors, Shapes } from '../../protocol/model/layout.ts';
import { decodeSafetensors } from '../../protocol/model/safetensors.ts';
import type { TaskConfig } from '../config/index.ts';
import { seededTensors } from './seeded.ts';

/** A model to start from. */
export interface InitialModel {
  readonly tensors: NamedTensors;
  readonly shapes: Shapes;
  /** Of its file; its `untrained` names tensors that no gradient changes. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The model that a task's configuration begins with: its file, or seeded values for its tensors, by a seed that is drawn
 * where none is named. Two tasks that begin with the same values would share what their members hold of them.
 * @throws CairnError `config-invalid` where it names neither; `config-unreadable`, `model-malformed` for a bad file
 */
export async function configuredModel({ name, model }: TaskConfig): Promise<InitialModel> {
  if (model?.tensors !== undefined) {
    const { tensors: shapes, seed = anySeed() } = model;
    return { tensors: seededTensors(shapes, seed), shapes };
  }
  if (model?.file === undefined) {
    throw new CairnError('config-invalid', `task "${name}": a model is missing`, {
      hint: 'give "model" a "file" (safetensors) or "tensors" (name → shape)',
    });
  }
  try {
    return decodeSafetensors(new Uint8Array(await readFile(model.file)));
  } catch (thrown) {
    if (thrown instanceof CairnError)
      throw new CairnError(thrown.code, `${model.file}: ${thrown.message}`, { cause: thrown });
    const { message } = asCairnError(thrown);
    throw new CairnError('config-unreadable', `task "${name}": its model cannot be read: ${message}`, {
      hint: 'check that model.file names a safetensors file that the coordinator may read; paths count from the configuration’s folder',
      cause: thrown,
    });
  }
}

/** 32 bits. */
function anySeed(): number {
  const bytes = systemRandom(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
