import { CairnError } from '../../protocol/errors.ts';

/** Why settings are refused. @param message - begins with the name of the setting */
export function invalid(message: string, hint = 'correct the named setting', cause?: unknown): CairnError {
  return new CairnError('settings-invalid', message, { hint, cause });
}

/** Refuses lists of which a value is there twice: it would be run twice. @throws CairnError `settings-invalid` */
export function checkOnce(lists: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [key, list] of Object.entries(lists))
    if (new Set(list).size < list.length)
      throw invalid(`${key}: each value once, got ${list.join(', ')}`, 'leave out what is there twice');
}

/** Refuses a training that would end before it is looked at. @throws CairnError `settings-invalid` */
export function checkLooks({ evaluateEvery, rounds }: Readonly<Record<'evaluateEvery' | 'rounds', number>>): void {
  if (evaluateEvery > rounds)
    throw invalid(`evaluateEvery: at most the ${rounds} rounds, got ${evaluateEvery}`, 'lower it');
}
