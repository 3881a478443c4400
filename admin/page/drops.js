// What was dropped in the last hour, a line of bars for each reason.
import { drops } from "./api.js";
import { box } from "./box.js";
import { el, Rows, say, set } from "./dom.js";
import { clock, count, words } from "./format.js";

const hour = 3600;
const minute = 60;
const askEvery = 10_000; // milliseconds
const high = 20;

export class Drops {
  #asked = -Infinity;
  #note = el("p", { class: "soft" }, "Points and lines dropped in the last hour, by the minute.");
  #rows;

  constructor() {
    const list = el("ul", { class: "drops" });
    this.#rows = new Rows(list, () => row());
    this.node = box("Drops", this.#note, list);
  }

  // show takes the status as a sign that somebody looks.
  async show() {
    if (performance.now() - this.#asked < askEvery) return;
    this.#asked = performance.now();
    try {
      this.#draw(await drops());
    } catch (fault) {
      say(this.#note, fault.message);
    }
  }

  #draw({ time, times, dropped }) {
    const reasons = Object.entries(dropped).map(([reason, points]) => ({ reason, points, times, time, total: points.reduce((a, b) => a + b, 0) }));
    reasons.sort((a, b) => b.total - a.total);
    const since = time - times[0] < hour - minute ? "since the start" : "in the last hour";
    say(this.#note, reasons.length === 0 ? `Nothing was dropped ${since}.` : `Points and lines dropped ${since}, by the minute.`);
    this.#rows.show(reasons, ({ reason }) => reason);
  }
}

function row() {
  const name = el("span", { class: "drops-reason" });
  const total = el("b", {});
  const peak = el("span", { class: "soft" });
  const chart = new Bars();
  const update = ({ reason, points, times, time, total: n }) => {
    const most = Math.max(...points);
    const last = points.findLastIndex((p) => p > 0);
    say(name, words(reason));
    say(total, count(n));
    say(peak, `at most ${count(most)}/min`);
    chart.show({ points, times, time, most });
    set(chart.node, "aria-label", `${words(reason)}: ${count(n)}, at most ${count(most)} in a minute, the last at ${clock(times[last]).slice(0, 5)}`);
  };
  return { node: el("li", {}, name, total, chart.node, peak), update };
}

// Bars is a bar for each minute, the present one on the right.
class Bars {
  #path = document.createElementNS("http://www.w3.org/2000/svg", "path");

  constructor() {
    this.node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    set(this.node, "viewBox", `0 0 60 ${high}`);
    set(this.node, "preserveAspectRatio", "none");
    set(this.node, "role", "img");
    this.node.append(this.#path);
  }

  show({ points, times, time, most }) {
    const end = Math.max(time, times.at(-1) + minute);
    const bar = (n, at) => {
      const x = 60 - (end - times[at]) / minute;
      const tall = Math.max(1.5, (n / most) * high);
      return n > 0 && x > -1 ? `M${x.toFixed(2)} ${high}v${-tall.toFixed(2)}h.8v${tall.toFixed(2)}z` : "";
    };
    set(this.#path, "d", points.map(bar).join(""));
  }
}
