import type { KernelSpeed, OperationSpeed } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { grouped, table } from '../support/table.ts';
import type { Kernels, KernelsPlan } from './measure.ts';
import { SHARINGS } from './operations.ts';

/** Measures the kernels and operations, and prints the tables. */
export async function printKernels(plan: KernelsPlan, { run, print, note }: Runner): Promise<Kernels> {
  note('kernels');
  const measured = await run('kernels', plan);
  const { kernels, operations } = measured;
  print(`Kernels over ${grouped(plan.words)} words, one thread, medians: GB/s of 32-bit words.`);
  print('ChaCha…: a mask is expanded and added to a vector; openssl: only the keystream, the native limit.\n');
  print(
    table(
      ['kernel', 'GB/s', 'of noble', 'of openssl chacha20, AVX2'],
      kernels.map(({ name, gbPerS }) => [name, gbPerS.toFixed(2), ...besides(kernels, name, gbPerS)]),
    ),
  );
  const limited = kernels.some(({ name }) => name.startsWith('openssl'));
  if (plan.opensslSeconds > 0 && !limited) print('\nThe openssl command is not installed here.');
  print('\nOperations per second, one thread.\n');
  print(
    table(
      ['operation', 'per second', 'µs each'],
      operations.map(({ name, perS }) => [name, grouped(perS), (1e6 / perS).toFixed(1)]),
    ),
  );
  const { n, t } = plan.operations;
  const ratio = rateOf(operations, SHARINGS.ours) / rateOf(operations, SHARINGS.bigint);
  print(`\nSharing at n = ${n}, t = ${t}: ${ratio.toFixed(0)} × a BigInt field.\n`);
  return measured;
}

/** A stream's speed relative to noble's with the same rounds, and to openssl's ChaCha20 with vectors twice as wide. */
function besides(kernels: readonly KernelSpeed[], name: string, gbPerS: number): string[] {
  const rounds = /^ChaCha(12|20)/.exec(name)?.[1];
  if (rounds === undefined) return ['', ''];
  const against = (other: string): KernelSpeed | undefined => kernels.find((kernel) => kernel.name === other);
  const noble = against(`ChaCha${rounds} noble + JavaScript add`);
  const native = against('openssl speed chacha20, AVX2');
  return [
    noble === undefined ? '' : `${(gbPerS / noble.gbPerS).toFixed(1)}×`,
    native === undefined ? '' : `${((100 * gbPerS) / native.gbPerS).toFixed(0)} %`,
  ];
}

function rateOf(operations: readonly OperationSpeed[], name: string): number {
  return operations.find((operation) => operation.name === name)?.perS ?? Number.NaN;
}
