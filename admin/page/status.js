// The view of what flows: a box each for what comes in, where it goes, what waits, and
// whose it is. A further box is a class with a node and show(status), named here in its
// place, and with leave() if it does something that it should not go on with unseen.
import { Destinations } from "./destinations.js";
import { el } from "./dom.js";
import { Drops } from "./drops.js";
import { Explain } from "./explain.js";
import { Flow } from "./flow.js";
import { Flowing } from "./flowing.js";
import { Receivers } from "./receivers.js";
import { Routes } from "./routes.js";
import { Summary } from "./summary.js";
import { Tap } from "./tap.js";
import { Tenants } from "./tenants.js";

export class StatusView {
  #flowing = new Flowing();
  #boxes;
  #looking = false;
  #last = null;

  constructor(place) {
    const above = [new Summary(), new Flow(), new Destinations()];
    const left = [new Receivers(), new Tenants()];
    const right = [new Drops(), new Explain(), new Routes()];
    const below = [new Tap()];
    this.#boxes = [...above, ...left, ...right, ...below];
    const nodes = (boxes) => boxes.map((box) => box.node);
    place.append(
      el("h1", { class: "away" }, "Status"),
      ...nodes(above),
      el("div", { class: "column" }, ...nodes(left)),
      el("div", { class: "column" }, ...nodes(right)),
      ...nodes(below),
    );
  }

  // look says whether the view is seen.
  look(looking) {
    if (this.#looking === looking) return;
    this.#looking = looking;
    if (looking) this.#draw();
    else for (const box of this.#boxes) box.leave?.();
  }

  // show takes an answer of the server. Rates are taken from it even if nobody looks.
  show(status) {
    this.#last = this.#flowing.of(status);
    if (this.#looking) this.#draw();
  }

  #draw() {
    if (this.#last) for (const box of this.#boxes) box.show(this.#last);
  }
}
