import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { JsonObject } from './rows.ts';

const object = z.record(z.string(), z.json());

const clocks = z.object({
  started: z.string(),
  seconds: z.number().min(0),
  cpuSeconds: z.number().min(0),
  peakRssMB: z.number().min(0),
});

/** What the processes before this one have left in a run's folder. */
export interface Earlier {
  /** Whether the run had come to its end. */
  readonly ended: boolean;
  /** What timings.json holds; undefined where there is none, as after a crash. */
  readonly timings: JsonObject | undefined;
  /** Their clocks taken together; undefined where they are not known. */
  readonly clocks: z.output<typeof clocks> | undefined;
}

/** Reads what earlier processes have left. Files that are missing or damaged count as not there: they follow from the rows. */
export async function readEarlier(folder: string): Promise<Earlier> {
  const summary = await readObject(join(folder, 'summary.json'));
  const timings = await readObject(join(folder, 'timings.json'));
  return {
    ended: summary !== undefined && timings !== undefined && summary['interrupted'] !== true,
    timings,
    clocks: clocks.safeParse(timings).data,
  };
}

async function readObject(file: string): Promise<JsonObject | undefined> {
  try {
    return object.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
