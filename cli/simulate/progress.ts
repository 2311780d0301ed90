import type { Progress } from '../../simulations/laboratory/index.ts';
import { formatDuration } from '../../platform/index.ts';

/** Minimum seconds between two lines without a terminal. */
const QUIET_SECONDS = 10;

const BAR = 24;

/** Shows the progress of a run: a bar that is redrawn on a terminal, occasional lines elsewhere. */
export function progressLine(stream: NodeJS.WriteStream): {
  readonly show: (progress: Progress) => void;
  readonly end: () => void;
} {
  const terminal = stream.isTTY;
  let drawn = false;
  let last = -QUIET_SECONDS;
  return {
    show(progress) {
      const now = performance.now() / 1000;
      if (now - last < (terminal ? 0.1 : QUIET_SECONDS)) return;
      last = now;
      drawn = true;
      const text = progressText(progress);
      stream.write(terminal ? `\r\u001b[K${text.slice(0, Math.max(20, stream.columns - 1))}` : `${text}\n`);
    },
    end() {
      if (terminal && drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}

/** `[######------------------]  25 %  alone, epoch 3, 2 min left` */
function progressText({ done, planned, doing, left }: Progress): string {
  const share = planned > 0 ? done / planned : 0;
  const full = Math.round(share * BAR);
  const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}]`;
  const parts = [doing, left === undefined ? '' : `${formatDuration(left)} left`].filter((part) => part !== '');
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${parts.join(', ')}`;
}
