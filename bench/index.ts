/** `npm run bench`: prints tables, and writes JSON. See `npm run bench -- --help`. */
import { main } from './main.ts';
import { servedAsChild } from './support/child.ts';

const args = process.argv.slice(2);
if (!(await servedAsChild(args))) process.exitCode = await main(args);
