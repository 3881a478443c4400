// The time range and the refresh: presets, exact times, and steps to either side.
import { checkTimes } from "./api.js";
import { el, say, set } from "./dom.js";

const presets = [
  ["15 min", "-15min"],
  ["1 h", "-1h"],
  ["6 h", "-6h"],
  ["24 h", "-24h"],
  ["7 d", "-7d"],
  ["30 d", "-30d"],
  ["1 y", "-365d"],
];

const refreshes = [[0, "off"], [1, "1 s"], [5, "5 s"], [10, "10 s"], [30, "30 s"], [60, "1 min"], [300, "5 min"]];

export class Range {
  #parts;
  #change;
  #shown;

  // change is called with {from, until} or {refresh}; shown returns the drawn range, as
  // [from, until] in Unix seconds, or null.
  constructor(parts, { change, shown }) {
    this.#parts = parts;
    this.#change = change;
    this.#shown = shown;
    for (const [label, from] of presets) {
      const button = el("button", { type: "button", onclick: () => change({ from, until: "now" }) }, label);
      button.dataset.from = from;
      parts.presets.append(button);
    }
    parts.refresh.append(...refreshes.map(([seconds, label]) => el("option", { value: seconds }, label)));
    parts.refresh.addEventListener("change", () => change({ refresh: Number(parts.refresh.value) }));
    parts.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    parts.earlier.addEventListener("click", () => this.#move((from, until) => [from - (until - from) / 2, until - (until - from) / 2]));
    parts.later.addEventListener("click", () => this.#move((from, until) => [from + (until - from) / 2, until + (until - from) / 2]));
    parts.wider.addEventListener("click", () => this.#move((from, until) => [from - (until - from) / 2, until + (until - from) / 2]));
  }

  show({ from, until, refresh }) {
    const { presets, form } = this.#parts;
    for (const button of presets.children) {
      set(button, "aria-pressed", until === "now" && button.dataset.from === from ? "true" : "false");
    }
    form.elements.from.value = from;
    form.elements.until.value = until;
    this.#fault("");
    if (![...this.#parts.refresh.options].some((o) => Number(o.value) === refresh)) {
      this.#parts.refresh.append(el("option", { value: refresh }, `${refresh} s`));
    }
    this.#parts.refresh.value = refresh;
  }

  async #submit() {
    const { from, until } = this.#parts.form.elements;
    const times = { from: from.value.trim() || "-1h", until: until.value.trim() || "now" };
    try {
      await checkTimes(times.from, times.until);
    } catch (fault) {
      if (!fault.missing) {
        this.#fault(fault.message);
        return;
      }
    }
    this.#fault("");
    this.#change(times);
  }

  #fault(text) {
    const { fault, form } = this.#parts;
    say(fault, text);
    fault.hidden = text === "";
    for (const input of [form.elements.from, form.elements.until]) set(input, "aria-invalid", text !== "" && "true");
  }

  // move goes to a range made of the drawn one. What would end in the future ends now.
  #move(to) {
    const shown = this.#shown();
    if (!shown) return;
    const now = Math.floor(Date.now() / 1000);
    const [from, until] = to(...shown).map(Math.floor);
    const over = Math.max(0, until - now);
    if (over > 0 && until - from > 0) this.#change({ from: `-${Math.max(60, now - (from - over))}s`, until: "now" });
    else this.#change({ from: String(from), until: String(until) });
  }
}
