// What is said where there is no database to draw from: how to get one.
import { el } from "./dom.js";

const example = `deliver:
  - name: local
    type: whisper
    dir: /var/lib/plumbago/whisper

route:
  - {to: [local]}`;

// noDatabase takes the place of the view of metrics. said is what the server says.
export function noDatabase(place, said) {
  place.replaceChildren(
    el("div", { class: "panel no-database" },
      el("h1", {}, "There is no database to draw from"),
      el("p", {}, said),
      el("p", {}, "plumbago keeps series itself, in Graphite's Whisper files, if its configuration has a destination of type whisper and a route to it:"),
      el("pre", { tabindex: "0" }, el("code", {}, example)),
      el("p", {}, "After ", el("code", {}, "plumbago reload"), " or a restart, load this page again.")),
  );
}
