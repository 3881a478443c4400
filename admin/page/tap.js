// Points as they go by, and where each goes, while somebody looks.
import { tap } from "./api.js";
import { box, choose, field } from "./box.js";
import { el, say, set } from "./dom.js";
import { count, listed, sentence, words } from "./format.js";

const kept = 100; // lines
const drawEvery = 250; // milliseconds
const longest = 10 * 60_000; // there may be few taps at once, and each costs a little
const perSecond = 50;

export class Tap {
  #match = el("input", { type: "text", class: "expression", autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: "^servers\\." });
  #dest = el("select", {});
  #tenant = el("select", {});
  #whose = field("Tenant", this.#tenant);
  #dropped = el("input", { type: "checkbox" });
  #button = el("button", { type: "submit" }, "Start");
  #note = el("p", { class: "note", role: "status" });
  #fault = el("p", { class: "fault", role: "alert", hidden: true });
  #list = el("ol", { class: "tapped" });
  #place = el("div", { class: "tapping", tabindex: "0", role: "region", "aria-label": "Points, the last first", hidden: true }, this.#list);
  #running = null; // an AbortController while it is
  #fresh = [];
  #drawing = 0;
  #shown = 0;
  #passed = 0;

  constructor() {
    const form = el("form", { class: "asking", onsubmit: (event) => this.#submit(event), onchange: () => this.#running && this.#start() },
      field("Names that match", this.#match), field("To", this.#dest), this.#whose,
      el("label", { class: "tick" }, this.#dropped, " Dropped only"), this.#button);
    this.node = box("Tap", form, this.#fault, this.#note, this.#place);
  }

  show({ destinations, pools, tenants }) {
    choose(this.#dest, "anywhere", [...destinations.map((d) => d.name), ...pools.map((p) => p.name)]);
    const names = tenants.map((t) => t.name).filter(Boolean);
    this.#whose.hidden = names.length === 0;
    choose(this.#tenant, "anybody", names);
  }

  // leave is called when nobody looks any more.
  leave() {
    this.#stop();
  }

  #submit(event) {
    event.preventDefault();
    if (this.#running) this.#stop();
    else this.#start();
  }

  #stop(why = "") {
    if (!this.#running) return;
    this.#running.abort();
    this.#running = null;
    say(this.#button, "Start");
    this.#draw();
    this.#tell(why);
  }

  async #start() {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#begin();
    const end = setTimeout(() => this.#running === running && this.#stop("Stopped after 10 minutes: a tap costs the gateway a little."), longest);
    try {
      for await (const seen of tap(this.#conditions(), running.signal)) this.#take(seen);
      if (this.#running === running) this.#stop("The gateway ended it.");
    } catch (fault) {
      if (this.#running === running) this.#fail(fault);
    }
    clearTimeout(end);
  }

  #begin() {
    this.#fresh = [];
    this.#shown = 0;
    this.#passed = 0;
    this.#list.replaceChildren();
    this.#place.hidden = false;
    this.#fault.hidden = true;
    say(this.#button, "Stop");
    this.#tell();
  }

  #fail(fault) {
    this.#stop();
    say(this.#fault, sentence(fault.message));
    this.#fault.hidden = false;
    this.#place.hidden = this.#shown === 0;
    if (this.#shown === 0) say(this.#note, "");
  }

  #conditions() {
    const given = { match: this.#match.value.trim(), dest: this.#dest.value, tenant: this.#tenant.value, dropped: this.#dropped.checked ? "1" : "" };
    return { rate: perSecond, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")) };
  }

  // take keeps what is to be drawn next, however much comes until then.
  #take(seen) {
    if (seen.passed_over) {
      this.#passed += seen.passed_over;
    } else {
      this.#shown++;
      this.#fresh.push(seen);
      if (this.#fresh.length > kept) this.#fresh.shift();
    }
    this.#drawing ||= setTimeout(() => this.#draw(), drawEvery);
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    this.#list.prepend(...this.#fresh.reverse().map(row));
    this.#fresh = [];
    while (this.#list.childElementCount > kept) this.#list.lastElementChild.remove();
    this.#tell();
  }

  #tell(why = "") {
    const seen = this.#shown === 0 ? (this.#running ? "Nothing yet." : "Nothing came by.") : `${count(this.#shown)} shown, the last ${kept} here.`;
    const passed = this.#passed > 0 ? `${count(this.#passed)} passed over.` : "";
    say(this.#note, [why, this.#shown > kept || this.#shown === 0 ? seen : `${count(this.#shown)} shown.`, passed].filter(Boolean).join(" "));
  }
}

// row is a point that was seen, or how many were lost behind a queue's input.
function row({ line, tenant, to, dropped, peer, points }) {
  const node = el("li", {}, points ? el("b", {}, `${count(points)} points`) : el("code", {}, line || "(nothing)"));
  if (dropped) node.append(" ", el("b", { class: "why" }, `dropped: ${words(dropped)}`));
  if (to?.length > 0) node.append(" ", el("span", { class: "soft" }, `${dropped ? "for" : "→"} ${listed(to)}`));
  const about = [tenant && `of ${tenant}`, peer && `from ${peer}`].filter(Boolean).join(" ");
  if (about) node.append(" ", el("span", { class: "soft" }, about));
  set(node, "data-state", dropped ? "warn" : null);
  return node;
}
