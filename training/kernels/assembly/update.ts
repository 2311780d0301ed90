// The optimisers' steps over a stretch of the parameter vector, in place.
import { address } from './memory';

/** See `Kernels.addScaled`. */
export function addScaled(factor: f32, x: u32, y: u32, n: i32): void {
  const factors = f32x4.splat(factor);
  let from = address(x),
    to = address(y);
  for (; n >= 4; n -= 4) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factors, v128.load(from))));
    from += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(to) + factor * load<f32>(from));
    from += 4;
    to += 4;
  }
}

/** See `Kernels.proximal`. */
export function proximal(mu: f32, w: u32, anchor: u32, g: u32, n: i32): void {
  const mus = f32x4.splat(mu);
  let from = address(w),
    centre = address(anchor),
    to = address(g);
  for (; n >= 4; n -= 4) {
    const pull = f32x4.mul(mus, f32x4.sub(v128.load(from), v128.load(centre)));
    v128.store(to, f32x4.add(v128.load(to), pull));
    from += 16;
    centre += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(to) + mu * (load<f32>(from) - load<f32>(centre)));
    from += 4;
    centre += 4;
    to += 4;
  }
}

/** See `Kernels.momentum`. */
export function momentum(rate: f32, decay: f32, g: u32, v: u32, w: u32, n: i32): void {
  const rates = f32x4.splat(rate),
    decays = f32x4.splat(decay);
  let from = address(g),
    speed = address(v),
    to = address(w);
  for (; n >= 4; n -= 4) {
    const next = f32x4.add(f32x4.mul(decays, v128.load(speed)), v128.load(from));
    v128.store(speed, next);
    v128.store(to, f32x4.sub(v128.load(to), f32x4.mul(rates, next)));
    from += 16;
    speed += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    const next: f32 = decay * load<f32>(speed) + load<f32>(from);
    store<f32>(speed, next);
    store<f32>(to, load<f32>(to) - rate * next);
    from += 4;
    speed += 4;
    to += 4;
  }
}

/** See `Kernels.adam`. */
export function adam(
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  epsilon: f32,
  g: u32,
  first: u32,
  second: u32,
  w: u32,
  n: i32,
): void {
  const rates = f32x4.splat(rate),
    epsilons = f32x4.splat(epsilon);
  const betas1 = f32x4.splat(beta1),
    rests1 = f32x4.splat(rest1);
  const betas2 = f32x4.splat(beta2),
    rests2 = f32x4.splat(rest2);
  let from = address(g),
    m = address(first),
    v = address(second),
    to = address(w);
  for (; n >= 4; n -= 4) {
    const gradient = v128.load(from);
    const mean = f32x4.add(f32x4.mul(betas1, v128.load(m)), f32x4.mul(rests1, gradient));
    const square = f32x4.add(f32x4.mul(betas2, v128.load(v)), f32x4.mul(rests2, f32x4.mul(gradient, gradient)));
    v128.store(m, mean);
    v128.store(v, square);
    const step = f32x4.div(f32x4.mul(rates, mean), f32x4.add(f32x4.sqrt(square), epsilons));
    v128.store(to, f32x4.sub(v128.load(to), step));
    from += 16;
    m += 16;
    v += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    const gradient = load<f32>(from);
    const mean: f32 = beta1 * load<f32>(m) + rest1 * gradient;
    const square: f32 = beta2 * load<f32>(v) + rest2 * (gradient * gradient);
    store<f32>(m, mean);
    store<f32>(v, square);
    store<f32>(to, load<f32>(to) - (rate * mean) / (sqrt<f32>(square) + epsilon));
    from += 4;
    m += 4;
    v += 4;
    to += 4;
  }
}
