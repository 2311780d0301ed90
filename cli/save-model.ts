import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FinalModel } from '../client/index.ts';
import { packageVersion, replacePublic } from '../platform/index.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import { stampedModel } from '../protocol/model/index.ts';

/** Names that are not paths, hidden files or in need of quoting: a task's name comes from the coordinator. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Where `--save-model` puts the final models of tasks. */
export interface ModelFiles {
  /**
   * Writes one, whole or not at all, with metadata: task, round, the time of saving, the hash that the coordinator
   * gave, and this version.
   * @returns its path
   * @throws CairnError `model-unsaved`
   */
  save(model: FinalModel): Promise<string>;
}

/**
 * Checks a path before training starts, so that hours of training do not end with a model that cannot be saved.
 * @param path a file, for one task; or an existing folder, for one file per task
 * @throws CairnError `model-unsaved` if nothing can be written there
 */
export async function modelFilesAt(path: string): Promise<ModelFiles> {
  const found = await kindOf(path);
  const isFolder = found?.isDirectory() === true;
  // Saving replaces an existing file, but a device or a pipe must not be replaced.
  if (found !== undefined && !isFolder && !found.isFile())
    throw new CairnError('model-unsaved', `${path} is neither a file nor a folder`, {
      hint: 'pass another path with --save-model',
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
        throw new CairnError('model-unsaved', `the task’s name "${task}" cannot be the name of a file in ${path}`, {
          hint: 'pass a file with --save-model, and one task with --task',
        });
      }
      if (!isFolder && taken !== undefined && taken !== task) {
        throw new CairnError(
          'model-unsaved',
          `${path} has the model of ${taken}, and is not overwritten with that of ${task}`,
          {
            hint: 'pass a folder with --save-model, or one task with --task',
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

/** What is at a path; undefined if nothing is. */
const kindOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

function unsaved(path: string, cause: unknown): CairnError {
  return new CairnError('model-unsaved', `the model cannot be written to ${path}: ${asCairnError(cause).message}`, {
    cause,
    hint: 'check the folder and the disk, or pass another path with --save-model',
  });
}
