// The table under the graph: what each line is, and its values.
import { el, Rows, say, set } from "./dom.js";
import { moment, short } from "./format.js";

export class Legend {
  #panel;
  #time;
  #rows;
  #toggle;
  #series = [];

  // toggle is called with the index of a series that is to be shown, or not any more.
  constructor({ panel, body, time }, toggle) {
    this.#panel = panel;
    this.#time = time;
    this.#toggle = toggle;
    this.#rows = new Rows(body, () => this.#row());
  }

  // show lists series: {name, colour, dash, hidden, values}.
  show(series) {
    this.#series = series.map((s) => ({ ...s, ...extent(s.values) }));
    this.#panel.hidden = series.length === 0;
    this.at(null, null);
  }

  // at shows the values at an index of the time, the last ones if it is null.
  at(index, time) {
    say(this.#time, index === null ? "Series" : `Series at ${moment(time)}`);
    const rows = this.#series.map((s, i) => ({ ...s, index: i, value: index === null ? s.last : s.values[index] }));
    this.#rows.show(rows, (row) => row.index);
  }

  #row() {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    const name = el("span", { class: "name" });
    const button = el("button", { type: "button", class: "series" }, swatch, name);
    const cells = ["value", "min", "mean", "max"].map((key) => [key, el("td", {})]);
    let index = 0;
    button.addEventListener("click", () => this.#toggle(index));
    const update = (row) => {
      index = row.index;
      say(name, row.name);
      set(button, "title", row.name);
      set(button, "aria-pressed", row.hidden ? "false" : "true");
      set(swatch, "data-colour", row.colour);
      set(swatch, "data-dashed", row.dash > 0);
      for (const [key, cell] of cells) say(cell, short(row[key]));
    };
    return { node: el("tr", {}, el("th", { scope: "row" }, button), ...cells.map(([, cell]) => cell)), update };
  }
}

// extent is what is told of values: the last one, the least, the mean and the largest.
function extent(values) {
  let last = null, min = null, max = null, sum = 0, n = 0;
  for (const v of values) {
    if (v === null || v === undefined) continue;
    last = v;
    min = min === null ? v : Math.min(min, v);
    max = max === null ? v : Math.max(max, v);
    sum += v;
    n++;
  }
  return { last, min, max, mean: n > 0 ? sum / n : null };
}
