import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { readJson } from '../../protocol/json.ts';
import type { SeenDirectory, SerialMemory } from './serial-memory.ts';
import { locked, readIfThere, replacePrivate } from '../../platform/index.ts';

const hex = /^[0-9a-f]{64}$/;
const format = z.record(
  z.string().regex(hex),
  z.strictObject({ serial: z.int().min(1).max(0xffff_ffff), hash: z.string().regex(hex) }),
);

/** The file that remembers the newest directory an identity has seen: beside its identity file. */
export const serialsPath = (identityFile: string): string => `${identityFile}.seen`;

/**
 * Remembers in a small file, which is read each time, so that several clients on one machine can share it. What one has
 * recorded is never replaced by an older directory that another saw. A file that cannot be read stops the client:
 * without it an older directory would go unnoticed.
 * @throws CairnError (when it is used) `config-invalid` for another format, `config-unreadable`, `folder-unwritable`,
 * `lock-lost`
 */
export function serialsInFile(path: string): SerialMemory {
  return {
    newest: async (authority) => (await read(path))[authority],
    note: (authority, seen) =>
      locked(path, async (lock) => {
        const before = await read(path);
        // Another process has seen a newer one since this one read the file.
        if ((before[authority]?.serial ?? 0) >= seen.serial) return;
        const all = { ...before, [authority]: seen };
        await replacePrivate(path, `${JSON.stringify(all, null, 2)}\n`, () => lock.assertHeld());
      }),
  };
}

async function read(path: string): Promise<Readonly<Partial<Record<string, SeenDirectory>>>> {
  const bytes = await readIfThere(
    path,
    (cause) => new CairnError('config-unreadable', `${path}: ${cause.message}`, { cause }),
  );
  if (bytes === undefined) return {};
  const text = Buffer.from(bytes).toString('utf8');
  const hint = 'restore it; if it is removed, an older directory than the newest one seen would be accepted once';
  const parsed = format.safeParse(readJson(text, path, { code: 'config-invalid', hint }));
  if (parsed.success) return parsed.data;
  throw new CairnError('config-invalid', `${path} is not a list of member directories seen`, { hint });
}
