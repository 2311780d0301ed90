import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';

const schema = z.object({
  experiment: z.string(),
  preset: z.enum(['quick', 'paper']).nullable(),
  seed: z.int().min(0),
  settings: z.record(z.string(), z.unknown()),
});

/** What a run's config.json says of how it was started. */
export type RecordedRun = z.output<typeof schema>;

/** @throws CairnError `config-unreadable` where the folder holds no config.json of a run */
export async function readConfig(folder: string): Promise<RecordedRun> {
  const file = join(resolve(folder), 'config.json');
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new CairnError('config-unreadable', `${file} is not the record of a run`, {
      hint: 'name the folder that an earlier run has left',
      cause,
    });
  }
}
