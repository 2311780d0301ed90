import { systemRandom } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { ModelExtras, NamedTensors, Shapes } from '../../protocol/model/index.ts';
import type { TaskConfig } from '../config/index.ts';
import { readModelFile } from './model-file.ts';
import { seededTensors } from './seeded.ts';

/** A model to start from, and what else its files must contain. */
export interface InitialModel extends ModelExtras {
  readonly tensors: NamedTensors;
  readonly shapes: Shapes;
  /** Its file's metadata; `untrained` names tensors that no gradient changes. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The model that a task's configuration begins with: its file, or seeded values for its tensors, with a random seed if
 * none is given. Two tasks that begin with the same values would share what their members remember of them.
 * @throws CairnError `config-invalid` if it names neither; `model-malformed`, `model-unsupported` for a bad file;
 * `model-too-large`
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
  return readModelFile(model.file);
}

/** 32 bits. */
function anySeed(): number {
  const bytes = systemRandom(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
