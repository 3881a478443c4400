// The whole gateway in one line.
import { box, Figures, Reasons } from "./box.js";
import { count, duration, rate, short, sum } from "./format.js";

export class Summary {
  #figures = new Figures({ in: "Points in /s", out: "Points out /s", waiting: "Waiting", dropped: "Dropped since start", uptime: "Up for" });
  #reasons = new Reasons("Dropped before any destination");

  constructor() {
    this.node = box("Gateway", this.#figures.node, this.#reasons.node);
  }

  show({ time, started, dropped, inward, outward, destinations }) {
    const gone = sum(dropped) + destinations.reduce((n, d) => n + sum(d.dropped), 0);
    const waiting = destinations.reduce((n, d) => n + d.waiting, 0);
    this.#figures.show({
      in: rate(inward),
      out: rate(outward),
      waiting: waiting < 1e6 ? count(waiting) : short(waiting),
      dropped: [gone < 1e6 ? count(gone) : short(gone), gone > 0 ? "warn" : null],
      uptime: started ? duration(time - started) : null,
    });
    this.#reasons.show(dropped);
  }
}
