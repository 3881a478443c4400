// Whether all is well, in the bar above every view.
import { el, say, set } from "./dom.js";
import { duration } from "./format.js";

export class Health {
  #link;
  #text;
  #trouble;

  constructor(link, trouble) {
    this.#link = link;
    this.#text = link.querySelector("[role=status]");
    this.#trouble = trouble;
  }

  // show takes an answer of Poll.
  show({ status, fault, silent }) {
    const [state, ...text] = status ? verdict(status) : ["bad", "No answer"];
    set(this.#link, "data-state", state);
    const words = text.map((part, at) => (at === 1 ? el("span", { class: "only-wide" }, part) : part));
    if (this.#text.textContent !== text.join("")) this.#text.replaceChildren(...words);
    this.#trouble.hidden = Boolean(status);
    if (fault) say(this.#trouble, `${fault.message} No answer for ${duration(silent)}; what is shown is from before.`);
  }
}

// verdict is how it stands, and that in words; the second of them can be left out.
function verdict({ accepting, destinations }) {
  const down = destinations.filter((d) => !d.connected).length;
  const failing = destinations.filter((d) => d.disk_error !== "").length;
  if (!accepting) return ["bad", "Not accepting", " points"];
  if (down > 0) return ["bad", String(down), noun(down), " down"];
  if (failing > 0) return ["bad", "Disk error"];
  if (destinations.length === 0) return ["warn", "No destinations"];
  return ["good", String(destinations.length), noun(destinations.length), " up"];
}

const noun = (n) => (n === 1 ? " destination" : " destinations");
