import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FinalModel } from '../client/index.ts';
import { packageVersion, replacePublic } from '../platform/index.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import { stampedModel } from '../protocol/model/index.ts';

/** Names that are no path, hide nothing, and need no quoting: a task's name is the coordinator's word. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Where `--save-model` puts the models that tasks end with. */
export interface ModelFiles {
  /**
   * Writes one, whole or not at all, with a stamp: task, round, the time of saving, the hash that the coordinator named, and
   * this version.
   * @returns its path
   * @throws CairnError `model-unsaved`
   */
  save(model: FinalModel): Promise<string>;
}

/**
 * Inspects a path before training starts, so that hours of training do not end with a model that cannot be saved.
 * @param path a file, for one task; or a folder that is there, for one file a task
 * @throws CairnError `model-unsaved` where nothing can be written there
 */
export async function modelFilesAt(path: string): Promise<ModelFiles> {
  const found = await kindOf(path);
  const isFolder = found?.isDirectory() === true;
  // Saving replaces what is there, and a device or a pipe must not be replaced by a file.
  if (found !== undefined && !isFolder && !found.isFile())
    throw new CairnError('model-unsaved', `${path} is neither a file nor a folder`, {
      hint: 'name another path with --save-model',
    });
  try {
    await access(isFolder ? path : dirname(path), constants.W_OK);
  } catch (thrown) {
    throw unsaved(path, thrown);
  }
  let taken: string | undefined;
  return {
    async save({ task, round, modelHash, bytes }) {
      if (isFolder && !FILE_NAME.test(task)) {
        throw new CairnError('model-unsaved', `the task’s name "${task}" is no name for a file in ${path}`, {
          hint: 'name a file with --save-model, and one task with --task',
        });
      }
      if (!isFolder && taken !== undefined && taken !== task) {
        throw new CairnError(
          'model-unsaved',
          `${path} has the model of ${taken}, and is not overwritten by ${task}’s`,
          {
            hint: 'name a folder with --save-model, or one task with --task',
          },
        );
      }
      taken = task;
      const file = isFolder ? join(path, `${task}.safetensors`) : path;
      try {
        const date = Math.floor(Date.now() / 1000);
        await replacePublic(file, stampedModel(bytes, { task, round, date, modelHash, version: packageVersion() }));
      } catch (thrown) {
        throw unsaved(file, thrown);
      }
      return file;
    },
  };
}

/** What is at a path; undefined where nothing is. */
const kindOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

function unsaved(path: string, cause: unknown): CairnError {
  return new CairnError('model-unsaved', `no model can be written to ${path}: ${asCairnError(cause).message}`, {
    cause,
    hint: 'see to the folder and the disk, or name another path with --save-model',
  });
}
