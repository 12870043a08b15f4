"use strict";
const root = document.body.dataset.root;
const say = (text) => { document.getElementById("said").textContent = text; };
const number = (value) => String(Math.round(value * 100) / 100);

async function send(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf };
  try {
    const answer = await fetch(`${root}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { ok: answer.ok, found: await answer.json() };
  } catch {
    return { ok: false, found: { error: "The server does not answer; nothing was stored." } };
  }
}

function words({ holds, changed, change }) {
  const whom = `Holds for ${holds} ${holds === 1 ? "answer" : "answers"}`;
  if (!changed) return `${whom}; no mark changes.`;
  return `${whom}; changes ${changed} ${changed === 1 ? "mark" : "marks"}, by ${change > 0 ? "+" : ""}${number(change)} points in all.`;
}

for (const form of document.querySelectorAll("form.price")) {
  const { task, check, name } = form.dataset;
  const path = `question/${encodeURIComponent(task)}/${encodeURIComponent(check)}/item`;
  const sent = (preview) => ({ name, title: form.elements.title.value, points: Number(form.elements.points.value), preview });
  const effect = form.querySelector(".effect");
  form.addEventListener("input", async () => {
    if (!form.checkValidity()) return;
    const { ok, found } = await send(path, sent(true));
    effect.textContent = ok ? words(found) : found.error;
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { ok, found } = await send(path, sent(false));
    say(ok ? `“${form.elements.title.value}” gives ${number(form.elements.points.value)} points now.` : found.error);
    if (ok) effect.textContent = `Holds for ${found.holds} ${found.holds === 1 ? "answer" : "answers"}.`;
  });
}

for (const button of document.querySelectorAll("button.release")) {
  button.addEventListener("click", async () => {
    const { ok, found } = await send("release", { task: button.dataset.task, shown: button.dataset.shown === "yes" });
    if (ok) window.location.reload();
    else say(found.error);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "q") window.location.assign(`${root}/`);
});
