// The destinations: whether each is there, what goes in and out of its queue, and when
// it will have caught up.
import { box, Figures, Reasons } from "./box.js";
import { el, Rows, say, set } from "./dom.js";
import { catching, isWell } from "./flowing.js";
import { bytes, clock, count, duration, rate, sum } from "./format.js";

export class Destinations {
  #rows;
  #none = el("p", { class: "soft" }, "There are none: nothing is kept or delivered.");

  constructor() {
    const list = el("ul", { class: "cards" });
    this.#rows = new Rows(list, () => row());
    this.node = box("Destinations", list, this.#none);
  }

  show({ destinations }) {
    this.#none.hidden = destinations.length > 0;
    const sorted = [...destinations].sort((a, b) => isWell(a) - isWell(b)); // those with trouble first
    this.#rows.show(sorted, (d) => `${d.name} ${d.removed}`);
  }
}

function row() {
  const name = el("h3", {});
  const state = el("p", { class: "state" }, el("span", { class: "dot" }), el("span", {}));
  const where = el("p", { class: "where" });
  const error = el("p", { class: "error", hidden: true });
  const figures = new Figures({ in: "In /s", out: "Out /s", waiting: "Waiting", oldest: "Oldest", catching: "Caught up", disk: "On disk", dropped: "Dropped" });
  const fill = el("meter", { class: "fill", min: 0, max: 1, "aria-label": "How full the queue is" });
  const reasons = new Reasons("Dropped");
  figures.append("disk", fill);
  const node = el("li", { class: "card" }, el("div", { class: "card-head" }, name, state, where), error, figures.node, reasons.node);
  const update = (d) => {
    say(name, d.name);
    say(state.lastElementChild, connection(d));
    set(state, "data-state", d.connected ? "good" : "bad");
    set(node, "data-state", isWell(d) ? "good" : "bad");
    say(where, [d.kind, d.address].filter(Boolean).join(" · "));
    const wrong = problems(d);
    say(error, wrong);
    error.hidden = wrong === "";
    figures.show(values(d));
    reasons.show(d.dropped);
    fill.hidden = !d.max_bytes;
    if (d.max_bytes) {
      fill.value = d.bytes / d.max_bytes;
      set(fill, "high", 0.8);
      fill.title = `${bytes(d.bytes)} of ${bytes(d.max_bytes)}`;
    }
  };
  return { node, update };
}

function values(d) {
  const dropped = sum(d.dropped);
  return {
    in: rate(d.inward),
    out: rate(d.outward),
    waiting: count(d.waiting),
    oldest: d.waiting > 0 && d.oldest ? [duration(d.late), d.late > 60 ? "warn" : null] : "–",
    catching: catching(d),
    disk: d.max_bytes ? `${bytes(d.bytes)} of ${bytes(d.max_bytes)}` : bytes(d.bytes),
    dropped: [count(dropped), dropped > 0 ? "warn" : null],
  };
}

function connection(d) {
  const since = d.since ? ` for ${duration(d.time - d.since)}` : "";
  const removed = d.removed ? ", removed: delivering what is left" : "";
  return (d.connected ? "Up" : "Down") + since + removed;
}

// problems is what an operator should read: what the disk says, and why there is no
// connection.
function problems(d) {
  const said = [];
  if (d.disk_error) said.push(`Disk: ${d.disk_error}.`);
  if (!d.connected && d.last_error) {
    const tries = d.failures > 1 ? ` ${count(d.failures)} tries failed.` : "";
    const next = d.retry_at && d.retry_at > d.time ? ` Next in ${duration(d.retry_at - d.time)}.` : "";
    said.push(`${d.last_error}.${tries}${next}`);
  } else if (d.last_error && d.failed_at && d.time - d.failed_at < 600) {
    said.push(`At ${clock(d.failed_at)}: ${d.last_error}.`);
  }
  return said.join(" ");
}
