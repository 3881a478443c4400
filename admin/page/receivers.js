// The receivers: what comes in at each, and what of it was no point, with samples.
import { box, Figures, Reasons } from "./box.js";
import { el, Rows, say } from "./dom.js";
import { bytes, clock, count, moment, rate, sum, words } from "./format.js";

export class Receivers {
  #rows;

  constructor() {
    const list = el("ul", { class: "cards" });
    this.#rows = new Rows(list, () => this.#row());
    this.node = box("Receivers", list);
  }

  show({ receivers }) {
    this.#rows.show(receivers, (r, at) => `${r.name} ${at}`);
  }

  #row() {
    const name = el("h3", { class: "mono" });
    const where = el("p", { class: "where" });
    const figures = new Figures({ points: "Points /s", bytes: "Bytes /s", connections: "Connections", refused: "Refused", bad: "Bad lines" });
    const reasons = new Reasons("Bad lines");
    const samples = new Samples();
    const node = el("li", { class: "card" }, el("div", { class: "card-head" }, name, where), figures.node, reasons.node, samples.node);
    const update = (r) => {
      say(name, r.name);
      say(where, r.source ? `fetches from ${r.address}` : `bound to ${r.address}`);
      const bad = sum(r.rejected);
      figures.show({
        points: rate(r.speed),
        bytes: r.source ? null : r.size === null ? "–" : bytes(r.size),
        connections: r.source || r.name.includes("+udp:") ? null : count(r.connections),
        refused: r.refused > 0 ? [count(r.refused), "warn"] : null,
        bad: r.source ? null : [count(bad), bad > 0 ? "warn" : null],
      });
      reasons.show(r.rejected);
      samples.show(r.samples);
    };
    return { node, update };
  }
}

// Samples are the last lines that were not taken, to be unfolded.
class Samples {
  #list = el("ul", { class: "samples" });
  #title = el("summary", {});
  #rows;

  constructor() {
    this.node = el("details", { hidden: true }, this.#title, this.#list);
    this.#rows = new Rows(this.#list, (s) => ({
      node: el("li", {},
        el("span", { class: "soft", title: moment(s.time) }, clock(s.time)), " ",
        el("b", {}, words(s.reason)), " ",
        el("span", { class: "soft" }, `from ${s.peer}`),
        el("code", {}, s.text === "" ? "(nothing)" : s.text)),
      update: () => {},
    }));
  }

  show(samples) {
    this.node.hidden = samples.length === 0;
    say(this.#title, samples.length === 1 ? "Last sample" : `Last ${samples.length} samples`);
    const latest = [...samples].sort((a, b) => b.time - a.time);
    this.#rows.show(latest, (s, at) => `${s.reason} ${s.time} ${s.peer} ${s.text} ${at - latest.indexOf(s)}`);
  }
}
