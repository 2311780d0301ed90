import { Random } from '../../../training/index.ts';
import { CairnError } from '../../../protocol/errors.ts';

/**
 * The images of each participant: all are shuffled and dealt out, `images` to each. Once fewer are left, they are
 * shuffled anew, so that participants of the first round through share none, and 150 participants can hold 1 % each as
 * in the paper. A participant has the same images whatever their number.
 * @param available - images that there are
 * @throws CairnError `settings-invalid` where these are fewer than one participant holds
 */
export function dealShards(available: number, participants: number, images: number, seed: number): Uint32Array[] {
  if (images > available)
    throw new CairnError('settings-invalid', `images: at most the ${available} that there are, got ${images}`);
  const perDeal = Math.floor(available / images);
  const shards: Uint32Array[] = [];
  let order = new Uint32Array(0);
  for (let i = 0; i < participants; i++) {
    const place = i % perDeal;
    if (place === 0) {
      order = Uint32Array.from({ length: available }, (_, index) => index);
      new Random(seed, `deal ${i / perDeal}`).shuffle(order);
    }
    shards.push(order.slice(place * images, (place + 1) * images));
  }
  return shards;
}
