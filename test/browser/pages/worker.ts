// A Web Worker whose client does the page's training: all it takes is to call join in it.
import type { Participation } from '../../../client/browser/index.ts';
import { enter, type Order } from './enter.ts';

let participation: Participation | undefined;

self.onmessage = ({ data }: MessageEvent<Order | 'leave'>) => {
  if (data === 'leave') void participation?.leave();
  else participation = enter(data, (told) => self.postMessage(told));
};
