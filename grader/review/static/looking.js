// Says which answer this page shows, while it is shown, and who else is looking at it.
"use strict";
class Looking {
  constructor(main, shown) {
    this.isLive = "live" in main.dataset;
    this.about = { task: main.dataset.task, check: main.dataset.check || "" };
    this.shown = shown;
    this.at = "";
    this.others = {};
    this.turn = Promise.resolve();
    if (!this.isLive) return;
    const again = () => { if (!document.hidden && this.at) this.tell({ at: this.at }); };
    setInterval(again, 10000);
    document.addEventListener("visibilitychange", again);
    window.addEventListener("pagehide", () => this.send({}));
  }

  // The page shows this answer from now on.
  open(answer) {
    const isNew = answer !== this.at;
    this.at = answer;
    this.show();
    if (this.isLive && isNew) this.tell({ at: answer });
  }

  // Returns the first of these answers at which no other person is looking, an empty text if there is none.
  async choose(answers) {
    if (!this.isLive || !answers.length) return answers[0] || "";
    const found = await this.tell({ choose: answers.slice(0, 500) });
    if (found === null) return answers[0]; // Without word from the server: decisions are not overwritten anyway.
    if (found) this.at = found;
    return found;
  }

  // One after the other: what is told last has to arrive last.
  tell(body) {
    this.turn = this.turn.then(() => this.send(body));
    return this.turn;
  }

  async send(body) {
    try {
      const answer = await fetch(`${document.body.dataset.root}/api/look`, {
        method: "POST",
        keepalive: true,
        signal: AbortSignal.timeout(8000), // what is asked next waits for this
        headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
        body: JSON.stringify({ ...this.about, ...body }),
      });
      if (!answer.ok) return null;
      const found = await answer.json();
      this.others = found.others;
      this.show();
      return found.answer;
    } catch {
      return null;
    }
  }

  show() {
    const names = this.others[this.at] || [];
    const all = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are` : `${names[0]} is`;
    const text = names.length ? `${all} looking at this.` : "";
    if (this.shown.textContent !== text) this.shown.textContent = text;
  }
}
