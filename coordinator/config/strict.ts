import { z } from 'zod';
import { didYouMean } from '../../protocol/suggest.ts';

/** An object without other keys; unknown keys are reported, each with the key that was probably meant. */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      return issue.keys.map((key) => `unknown key "${key}"; ${didYouMean(key, Object.keys(shape))}`).join('; ');
    },
  });
}
