// The list of targets: each an expression that can be changed, with what the server
// says of it.
import { el, Rows, say, set } from "./dom.js";

export class Targets {
  #rows;
  #targets = [];
  #change;

  // change is called with the new list.
  constructor({ list, add }, change) {
    this.#change = change;
    this.#rows = new Rows(list, () => this.#row());
    add.addEventListener("submit", (event) => {
      event.preventDefault();
      const input = add.querySelector("input");
      if (this.add(input.value)) input.value = "";
    });
  }

  // add appends a target, unless it is there, and reports whether it is one.
  add(text) {
    const target = text.trim();
    if (target === "") return false;
    if (!this.#targets.includes(target)) this.#change([...this.#targets, target]);
    return true;
  }

  // toggle appends a target, or takes it away.
  toggle(target) {
    if (this.#targets.includes(target)) this.#change(this.#targets.filter((t) => t !== target));
    else this.add(target);
  }

  show(targets) {
    this.#targets = targets;
    this.#rows.show(targets.map((target, at) => ({ target, at })), ({ at }) => at);
  }

  // tell shows what became of each target: {fault, note}, in their order.
  tell(results) {
    this.#rows.show(this.#targets.map((target, at) => ({ target, at, ...results[at] })), ({ at }) => at);
  }

  #row() {
    const input = el("input", { type: "text", class: "expression", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const fault = el("p", { class: "fault", role: "alert", hidden: true });
    const note = el("span", { class: "note", hidden: true });
    const remove = el("button", { type: "button", class: "quiet" }, "Remove");
    const form = el("form", { class: "target" }, input, note, remove);
    let shown;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#replace(shown.at, input.value);
    });
    input.addEventListener("change", () => this.#replace(shown.at, input.value));
    remove.addEventListener("click", () => this.#change(this.#targets.filter((_, at) => at !== shown.at)));
    const update = (item) => {
      if (shown?.target !== item.target) input.value = item.target;
      shown = item;
      set(input, "aria-label", `Target ${item.at + 1}`);
      set(remove, "aria-label", `Remove target ${item.at + 1}`);
      set(input, "aria-invalid", item.fault ? "true" : null);
      tell(fault, item.fault);
      tell(note, item.note);
    };
    return { node: el("li", {}, form, fault), update };
  }

  #replace(at, text) {
    const target = text.trim();
    if (target === this.#targets[at]) return;
    this.#change(this.#targets.flatMap((t, i) => (i !== at ? [t] : target === "" ? [] : [target])));
  }
}

function tell(element, text) {
  say(element, text ?? "");
  element.hidden = !text;
}
