import { limitsOf, limitsSchema } from '../../../coordinator/config/limits.ts';

/** The limits of a configuration that names none. */
export const LIMITS = limitsOf(limitsSchema.parse({}));
