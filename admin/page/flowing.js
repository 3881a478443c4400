// An answer of the server together with how fast things go in it: rates are taken once,
// whoever shows them.
import { duration, sum } from "./format.js";
import { Rates } from "./rates.js";

export class Flowing {
  #rates = new Rates();
  #best = new Map();

  // of returns the status with rates a second in it, null where one is not known yet: inward
  // and outward of all and of each destination, speed and size of receivers, speed of tenants.
  of(status) {
    const { time } = status;
    const take = (key, n) => this.#rates.take(key, n, time);
    const out = ({ delivered, confirming }) => delivered + confirming;
    return {
      ...status,
      inward: take("in", status.received),
      outward: take("out", status.destinations.reduce((n, d) => n + out(d), 0)),
      dropping: take("dropped", sum(status.dropped)),
      receivers: status.receivers.map((r) => ({
        ...r, time, speed: take(`points ${r.name}`, r.points), size: take(`bytes ${r.name}`, r.bytes),
      })),
      destinations: status.destinations.map((d) => ({
        ...d, time, late: d.waiting > 0 && d.oldest ? time - d.oldest : 0,
        inward: take(`in ${d.name} ${d.removed}`, d.appended), ...this.#outward(d.name, take(`out ${d.name} ${d.removed}`, out(d))),
      })),
      tenants: status.tenants.map((t) => ({ ...t, time, speed: take(`tenant ${t.name}`, sum(t.points)) })),
    };
  }

  // outward is how fast a destination takes points, and how fast it was seen to at best.
  #outward(name, outward) {
    const best = Math.max(outward ?? 0, this.#best.get(name) ?? 0);
    this.#best.set(name, best);
    return { outward, best };
  }
}

// isWell says whether a destination takes what it should.
export const isWell = (d) => d.connected && d.disk_error === "";

// catching is when what waits will be gone, if all goes on as in the last seconds: a text,
// or [text, state].
export function catching(d) {
  if (d.waiting === 0 || (d.connected && d.late < 2)) return "yes";
  if (!d.connected) {
    const knows = d.inward !== null && d.best > 1.5 * d.inward; // it has caught up before
    return [knows ? `${duration(d.waiting / (d.best - d.inward))} after it is up` : "when it is up", "warn"];
  }
  if (d.inward === null || d.outward === null) return "–";
  if (d.outward <= d.inward) return ["falls behind", "bad"];
  return `in ${duration(d.waiting / (d.outward - d.inward))}`;
}
