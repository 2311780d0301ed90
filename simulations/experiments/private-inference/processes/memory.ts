import { readFileSync } from 'node:fs';

/**
 * The largest memory that this process has had, in 10^6 bytes. On Linux the kernel's peak of this program alone:
 * `maxRSS` is inherited from whoever started it, here a process that has trained networks.
 */
export function peakMegabytes(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))!;
    return (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return (process.resourceUsage().maxRSS * 1024) / 1e6;
  }
}
