// Rates, from counters that only grow.

// window is over how many seconds a rate is taken.
const window = 10;

export class Rates {
  #seen = new Map();

  // take notes that a counter stood at n at a time, and returns its growth a second; null
  // if that is not known yet. A counter that shrank has begun anew.
  take(key, n, time) {
    const seen = this.#seen.get(key) ?? [];
    this.#seen.set(key, seen);
    if (seen.length > 0 && n < seen.at(-1).n) seen.length = 0;
    seen.push({ n, time });
    while (seen.length > 2 && seen[1].time <= time - window) seen.shift();
    const first = seen[0];
    return time > first.time ? (n - first.n) / (time - first.time) : null;
  }
}
