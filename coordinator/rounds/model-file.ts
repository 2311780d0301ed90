import { type FileHandle, open } from 'node:fs/promises';
import { CairnError } from '../../protocol/errors.ts';
import {
  type DecodedModel,
  headerLengthOf,
  modelOf,
  type ModelPlan,
  ParameterLayout,
  type PlannedTensor,
  planOf,
  PREFIX,
  type ReadTensor,
  type Shapes,
  toFloats,
  widthOf,
} from '../../protocol/model/index.ts';

/** Bytes read and converted at a time: a whole number of values of every type. */
const CHUNK = 2 ** 24;

/**
 * Reads a model from a safetensors file of any program, tensor by tensor: Node cannot read a file above 2 GiB at once.
 * The header alone decides whether it can be trained, so that no values are read of a model that is too large.
 * @param path named in every error
 * @throws CairnError `model-malformed` for a file that cannot be read, or is not a safetensors file;
 * `model-unsupported`; `model-too-large`
 */
export async function readModelFile(path: string): Promise<DecodedModel> {
  try {
    return await read(path);
  } catch (thrown) {
    if (thrown instanceof CairnError) {
      const { code, message, hint } = thrown;
      throw new CairnError(code, `${path}: ${message}`, { hint, cause: thrown });
    }
    throw new CairnError('model-malformed', `the model file ${path} cannot be read (${reasonOf(thrown)})`, {
      hint: 'check that model.file names a safetensors file that the coordinator may read; paths are relative to the configuration’s folder',
      cause: thrown,
    });
  }
}

function reasonOf(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'no such file' : (code ?? 'unknown reason');
}

async function read(path: string): Promise<DecodedModel> {
  const handle = await open(path);
  try {
    const plan = await planFrom(handle);
    const shapes = plan.tensors.filter(({ trained }) => trained).map(({ name, shape }) => [name, shape] as const);
    if (shapes.length === 0) {
      throw new CairnError('model-unsupported', 'the file contains no tensor of floats, so there is nothing to train');
    }
    assertLayout(Object.fromEntries(shapes));
    const tensors: ReadTensor[] = [];
    for (const tensor of plan.tensors) {
      const from = plan.start + tensor.from;
      tensors.push([
        tensor,
        tensor.trained ? await floatsAt(handle, tensor, from) : await bytesAt(handle, tensor, from),
      ]);
    }
    return modelOf(tensors, plan.metadata);
  } finally {
    await handle.close();
  }
}

/** @throws CairnError what a layout of these shapes throws */
function assertLayout(shapes: Shapes): void {
  new ParameterLayout(shapes);
}

async function planFrom(handle: FileHandle): Promise<ModelPlan> {
  const { size } = await handle.stat();
  const prefix = await fill(handle, new Uint8Array(Math.min(PREFIX, size)), 0);
  const header = await fill(handle, new Uint8Array(headerLengthOf(prefix, size)), PREFIX);
  return planOf(header, size);
}

function bytesAt(handle: FileHandle, { from, to }: PlannedTensor, at: number): Promise<Uint8Array> {
  return fill(handle, new Uint8Array(to - from), at);
}

async function floatsAt(handle: FileHandle, { dtype, from, to }: PlannedTensor, at: number): Promise<Float32Array> {
  const floats = new Float32Array((to - from) / widthOf(dtype)!);
  const chunk = new Uint8Array(Math.min(CHUNK, to - from));
  let done = 0;
  for (let offset = 0; offset < to - from; offset += chunk.length) {
    const part = await fill(handle, chunk.subarray(0, Math.min(chunk.length, to - from - offset)), at + offset);
    const values = toFloats(dtype, part);
    floats.set(values, done);
    done += values.length;
  }
  return floats;
}

/** Fills `target` from a position in the file. */
async function fill(handle: FileHandle, target: Uint8Array, position: number): Promise<Uint8Array> {
  for (let done = 0; done < target.length;) {
    const length = Math.min(CHUNK, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) throw new CairnError('model-malformed', 'the file was truncated while it was being read');
    done += bytesRead;
  }
  return target;
}
