// Where points of a name go, and why: what each rule says to it.
import { explain } from "./api.js";
import { box, choose, field } from "./box.js";
import { el, say, set } from "./dom.js";
import { listed, sentence, words } from "./format.js";

const outcomes = {
  "matched": "matches",
  "not matched": "does not match",
  "for other tenants": "is for other tenants",
  "not reached": "is not reached",
};

export class Explain {
  #name = el("input", { type: "text", class: "expression", autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: "servers.web-1.cpu.user", required: true });
  #tenant = el("select", {});
  #whose = field("Tenant", this.#tenant);
  #fault = el("p", { class: "fault", role: "alert", hidden: true });
  #said = el("p", { class: "verdict" });
  #rules = el("ol", { class: "verdicts", "aria-label": "What each rule says" });
  #asking = new AbortController();

  constructor() {
    const form = el("form", { class: "asking", onsubmit: (event) => this.#submit(event) },
      field("Name", this.#name), this.#whose, el("button", { type: "submit" }, "Explain"));
    this.node = box("Explain", form, this.#fault, el("div", { role: "status" }, this.#said), this.#rules);
    this.#clear();
  }

  show({ tenants }) {
    const names = tenants.map((t) => t.name).filter(Boolean);
    this.#whose.hidden = names.length === 0;
    choose(this.#tenant, "not known", names);
  }

  async #submit(event) {
    event.preventDefault();
    const name = this.#name.value.trim();
    if (name === "") return;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const answer = await explain(name, this.#tenant.value, signal);
      if (!signal.aborted) this.#answer(answer);
    } catch (fault) {
      if (signal.aborted) return;
      this.#clear();
      say(this.#fault, sentence(fault.message));
      this.#fault.hidden = false;
    }
  }

  #clear() {
    this.#fault.hidden = true;
    say(this.#said, "");
    this.#rules.replaceChildren();
  }

  #answer(answer) {
    this.#clear();
    set(this.#said, "data-state", answer.destinations.length > 0 ? "good" : "warn");
    this.#said.replaceChildren(el("span", { class: "name" }, answer.name), ` ${verdict(answer)}`);
    this.#rules.replaceChildren(...answer.rules.map(row));
  }
}

// verdict is what becomes of a name, as the end of a sentence, and what else there is to know.
function verdict({ destinations, dropped, refused, routed_as: as, tenant, rules }) {
  if (refused) return `is no name that a line can carry: ${words(refused)}.`;
  const said = [];
  if (destinations.length > 0) said.push(`goes to ${listed(destinations)}.`);
  else said.push(dropped ? `is dropped: ${words(dropped)}.` : "goes nowhere.");
  if (destinations.length > 0 && rules.length === 0) said.push("No rule is asked: it is nobody's, and put in quarantine.");
  if (tenant) said.push(`It is ${tenant}'s.`);
  if (as) said.push(`The rules see it as ${as}.`);
  return said.join(" ");
}

function row(rule) {
  const matched = rule.outcome === "matched";
  const goes = matched && ` → ${listed(rule.picked ?? rule.to)}`;
  const about = [rule.label, matched && rule.by && `picked by ${rule.by}`, matched && rule.continue && "then goes on"].filter(Boolean).join(" · ");
  return el("li", { value: rule.rule, "data-state": matched ? "good" : null },
    el("code", { class: "match" }, rule.match === "" ? "every name" : rule.match), ` ${outcomes[rule.outcome] ?? rule.outcome}`,
    goes ? el("b", {}, goes) : null, about ? el("span", { class: "soft" }, ` · ${about}`) : null);
}
