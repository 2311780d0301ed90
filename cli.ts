#!/usr/bin/env node
import { EXIT } from './cli/io.ts';
import { main } from './cli/main.ts';

// Who reads our output has gone, as in `cairn explain | head -1`: nothing is left to do, and nothing went wrong.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
}

const code = await main(process.argv.slice(2));
process.exitCode = code;
// The command is done: the process does not wait for an app that keeps training after it was told to stop.
process.stdout.write('', () => process.exit());
