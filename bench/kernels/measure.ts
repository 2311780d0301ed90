import type { KernelSpeed, OperationSpeed } from '../schema.ts';
import { nativeLimit } from './native-limit.ts';
import { benchOperations, type OperationsPlan } from './operations.ts';
import { benchStreams, type Effort } from './streams.ts';
import { benchVectors } from './vectors.ts';

/** How much is measured. */
export interface KernelsPlan extends Effort {
  readonly operations: OperationsPlan;
  /** Seconds of openssl's speed command for each cipher; 0 skips it. */
  readonly opensslSeconds: number;
}

/** What the kernels do on this machine. */
export interface Kernels {
  readonly kernels: KernelSpeed[];
  readonly operations: OperationSpeed[];
}

/** Measures the kernels and operations in this process. */
export function benchKernels(plan: KernelsPlan): Promise<Kernels> {
  const kernels = [...benchStreams(plan), ...nativeLimit(plan.opensslSeconds), ...benchVectors(plan)];
  return Promise.resolve({ kernels, operations: benchOperations(plan.operations) });
}
