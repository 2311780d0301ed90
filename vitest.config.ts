import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Two cores are the floor we promise to run on; end-to-end files start processes of their own, hence the long limit.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A hang is what these are for, and no test is one that takes long on a machine with other work.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    setupFiles: ['test/support/own-time.ts'],
    // One more than cores: many tests wait for processes and deadlines of theirs, and a core need not wait with them.
    maxWorkers: 3,
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // The checks share their machine. A test that fails there is run once more, and one that needed it is named in the output.
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
});
