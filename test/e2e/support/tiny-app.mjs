// Four numbers that move by a known step: what the client processes of the end-to-end tests train. The environment says
// how, so that a test can tell one client's update from another's, hold its training back, or let it go wrong.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { TINY_STEP = '1', TINY_LOSS = '0.5', TINY_EXAMPLES = '10', TINY_SIZE = '4', TINY_GATE } = process.env;

export default {
  shapes: { w: [Number(TINY_SIZE)] },

  data: () => Number(TINY_EXAMPLES),

  async train({ w }, examples, { round, signal }) {
    // Training lasts until the test makes the file.
    while (TINY_GATE !== undefined && !existsSync(`${TINY_GATE}-${round}`)) await sleep(20, undefined, { signal });
    return {
      parameters: { w: w.map((value) => value + Number(TINY_STEP)) },
      examples,
      loss: Number(TINY_LOSS),
      accuracy: 0.5,
    };
  },
};
