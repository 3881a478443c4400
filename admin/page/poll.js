// The gateway's state, asked for again and again while somebody looks.
import { status } from "./api.js";

export class Poll {
  #every;
  #tell;
  #timer = 0;
  #answered = 0;

  // tell is called with {status} or {fault, silent}, silent being the seconds without an answer.
  constructor(every, tell) {
    this.#every = every;
    this.#tell = tell;
  }

  start() {
    this.#answered = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#ask();
    });
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    try {
      const now = await status(AbortSignal.timeout(10_000));
      this.#answered = Date.now();
      this.#tell({ status: now });
    } catch (fault) {
      this.#tell({ fault, silent: (Date.now() - this.#answered) / 1000 });
    }
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.#ask(), this.#every);
  }
}
