// Max pooling. Which place wins is unpredictable on real images, so nothing here branches on it.
import { address } from './memory';

// Four neighbouring windows of 2 × 2, two apart; `corner` is the place of the first one's first element.
function fourWindows(base: usize, corner: i32, width: i32, to: usize, win: usize): void {
  const upper = base + address(corner),
    lower = upper + address(width);
  const a = v128.load(upper),
    b = v128.load(upper, 16),
    c = v128.load(lower),
    d = v128.load(lower, 16);
  let best = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  let winner = i32x4.add(i32x4.splat(corner), i32x4(0, 2, 4, 6));
  const rival1 = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  const place1 = i32x4.add(winner, i32x4.splat(1));
  const place2 = i32x4.add(winner, i32x4.splat(width));
  const place3 = i32x4.add(place2, i32x4.splat(1));
  let better = f32x4.gt(rival1, best);
  best = v128.bitselect(rival1, best, better);
  winner = v128.bitselect(place1, winner, better);
  const rival2 = v128.shuffle<f32>(c, d, 0, 2, 4, 6);
  better = f32x4.gt(rival2, best);
  best = v128.bitselect(rival2, best, better);
  winner = v128.bitselect(place2, winner, better);
  const rival3 = v128.shuffle<f32>(c, d, 1, 3, 5, 7);
  better = f32x4.gt(rival3, best);
  v128.store(to, v128.bitselect(rival3, best, better));
  v128.store(win, v128.bitselect(place3, winner, better));
}

// Four neighbouring windows of any size and stride.
function fourOf(base: usize, corner: i32, width: i32, size: i32, stride: i32, to: usize, win: usize): void {
  const step = address(stride);
  const apart = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride));
  let best = f32x4.splat(0),
    winner = i32x4.splat(0);
  let row = corner;
  for (let ky = 0; ky < size; ky++) {
    for (let kx = 0; kx < size; kx++) {
      const at = base + address(row + kx);
      let rival = v128.load_splat<f32>(at);
      rival = v128.load_lane<f32>(at + step, rival, 1);
      rival = v128.load_lane<f32>(at + step * 2, rival, 2);
      rival = v128.load_lane<f32>(at + step * 3, rival, 3);
      const place = i32x4.add(i32x4.splat(row + kx), apart);
      const better = (ky | kx) === 0 ? i32x4.splat(-1) : f32x4.gt(rival, best);
      best = v128.bitselect(rival, best, better);
      winner = v128.bitselect(place, winner, better);
    }
    row += width;
  }
  v128.store(to, best);
  v128.store(win, winner);
}

/** See `Kernels.maxPool`. */
export function maxPool(
  x: u32,
  planes: i32,
  height: i32,
  width: i32,
  size: i32,
  stride: i32,
  outHeight: i32,
  outWidth: i32,
  out: u32,
  winners: u32,
): void {
  let to = address(out),
    win = address(winners);
  const base = address(x);
  const fours = outWidth & ~3;
  const halves = size === 2 && stride === 2;
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < outHeight; y++) {
      let corner = (plane * height + y * stride) * width;
      let column = 0;
      for (; column < fours; column += 4) {
        if (halves) fourWindows(base, corner, width, to, win);
        else fourOf(base, corner, width, size, stride, to, win);
        to += 16;
        win += 16;
        corner += stride << 2;
      }
      for (; column < outWidth; column++) {
        let winner = corner;
        let at = corner;
        for (let ky = 0; ky < size; ky++) {
          for (let kx = 0; kx < size; kx++) {
            const better = load<f32>(base + address(at + kx)) > load<f32>(base + address(winner));
            winner = select(at + kx, winner, better);
          }
          at += width;
        }
        store<f32>(to, load<f32>(base + address(winner)));
        store<i32>(win, winner);
        to += 4;
        win += 4;
        corner += stride;
      }
    }
  }
}
