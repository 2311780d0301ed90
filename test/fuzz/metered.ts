/*
 * How much a decoder asks for. Copies of what is there (`slice`, `subarray`) are bounded by it; what may run away is
 * memory of a length that was read: typed arrays and lists made by number. These are counted.
 */

let asked = 0;
let metering = false;

const BYTES_OF_A_PLACE = 8;

function meterTypedArray<T extends { new (...args: never[]): ArrayBufferView }>(constructor: T): T {
  return new Proxy(constructor, {
    construct(target, args: never[], newTarget) {
      const view = Reflect.construct(target, args, newTarget as typeof constructor);
      if (metering && typeof args[0] === 'number') asked += view.byteLength;
      return view;
    },
  });
}

let installed = false;

/** Puts the counters in place, for the life of this process. */
export function installMeter(): void {
  if (installed) return;
  installed = true;
  globalThis.Uint8Array = meterTypedArray(Uint8Array);
  globalThis.Uint32Array = meterTypedArray(Uint32Array);
  globalThis.Float32Array = meterTypedArray(Float32Array);
  globalThis.Float64Array = meterTypedArray(Float64Array);
  const from = Array.from.bind(Array) as (...args: unknown[]) => unknown[];
  Array.from = ((...args: unknown[]): unknown[] => {
    const { length } = args[0] as { readonly length?: number };
    if (metering && length !== undefined) asked += BYTES_OF_A_PLACE * length;
    return from(...args);
  }) as typeof Array.from;
}

/** Runs something, and tells how many bytes it asked for by number, also where it throws. */
export function metered<T>(run: () => T, tell: (bytes: number) => void): T {
  asked = 0;
  metering = true;
  try {
    return run();
  } finally {
    metering = false;
    tell(asked);
  }
}
