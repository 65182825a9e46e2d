/** Chance that repeats: the same seed gives the same sequence on every machine. */
export type SampleRandom = {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, n). */
  int(n: number): number;
  pick<Item>(list: readonly Item[]): Item;
  chance(probability: number): boolean;
  /** Pareto: most are near `least`, a few are huge. @param alpha smaller is heavier. */
  pareto(least: number, alpha: number): number;
};

/** sfc32 of PractRand (Chris Doty-Humphrey, public domain), seeded with the digits of pi and the seed. */
export function createRandom(seed: number): SampleRandom {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  let c = seed | 0;
  let counter = 1;
  const draw = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let warm = 0; warm < 12; warm++) draw();
  const random: SampleRandom = {
    next: draw,
    int: (n) => Math.floor(draw() * n),
    pick: (list) => list[Math.floor(draw() * list.length)]!,
    chance: (probability) => draw() < probability,
    pareto: (least, alpha) => least / (1 - draw()) ** (1 / alpha),
  };
  return random;
}

/** Picks by weight in logarithmic time. @returns an index. */
export function createWeighted(weights: readonly number[]): (random: SampleRandom) => number {
  const sums: number[] = [];
  let sum = 0;
  for (const weight of weights) {
    sum += weight;
    sums.push(sum);
  }
  return (random) => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
