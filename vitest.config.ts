import { defineConfig } from 'vitest/config';

// Two cores are the floor we promise to run on; end-to-end files start processes of their own, hence the long limit.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: 'forks',
    // The checks share their machine. A test that fails there is run once more, and one that needed it is named in the output.
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
});
