// The review of one question. All text of an answer goes into the page as text, never as markup.
"use strict";
const element = (id) => document.getElementById(id);
const main = element("review");
const root = document.body.dataset.root;
const base = `${root}/api/question/${encodeURIComponent(main.dataset.task)}/${encodeURIComponent(main.dataset.check)}`;
let question = null;
let answers = [];
let comments = [];
let at = 0;
let ticked = new Set();
let busy = true; // until the first answer is shown
const looking = new Looking(main, element("looking"));
const DONE = "All answers to this question are decided.";
const TAKEN = "Others are looking at all answers that are undecided.";

const number = (value) => String(Math.round(value * 100) / 100);
const worth = (value) => `${number(value)} ${value === 1 ? "point" : "points"}`;
const signed = (value) => (value >= 0 ? `+${number(value)}` : `−${number(-value)}`);
const current = () => answers[at];
const isOpen = (answer) => !answer.missing && (!answer.made || answer.made.look_again);
const say = (text) => { element("said").textContent = text; };

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
    body: JSON.stringify(body),
  });
  let found = {};
  try { found = await answer.json(); } catch { found = { error: "The server gave no answer." }; }
  return { status: answer.status, found };
}

async function load(keep) {
  const answer = await fetch(base);
  if (!answer.ok) { say("The answers cannot be read. Is the server still running?"); return false; }
  const found = await answer.json();
  question = found.question;
  answers = found.answers;
  comments = found.comments;
  const place = answers.findIndex((one) => one.id === keep);
  if (place >= 0) at = place;
  return true;
}

function show() {
  const answer = current();
  if (!answer) {
    element("label").textContent = "There is no answer to this question.";
    return;
  }
  looking.open(answer.id);
  element("label").textContent = answer.who ? `${answer.label}: ${answer.who}` : answer.label;
  const flags = [...answer.flags];
  if (answer.note) flags.unshift(answer.note);
  element("flags").replaceChildren(...flags.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  element("text").replaceChildren(...marked(answer));
  const made = answer.made;
  ticked = new Set(made ? made.items : answer.seen);
  element("more").value = made && made.points ? made.points : 0;
  element("comment").value = made ? made.text : "";
  element("made").textContent = made
    ? `${made.by} gave ${worth(made.score)}.${again(made)}`
    : answer.suggested === null ? "No suggestion: please read it." : `Suggested: ${worth(answer.suggested)}.`;
  const alike = answers.filter((one) => one.group === answer.group && answer.group >= 0);
  element("group-line").hidden = alike.length < 2;
  element("group-text").textContent = `the same for all ${alike.length} answers that are alike`;
  element("group").checked = false;
  showItems();
  showEarlier();
  const real = answers.filter((one) => !one.missing);
  const decided = real.filter((one) => !isOpen(one)).length;
  element("progress").textContent = `${decided} of ${real.length} decided`;
  element("bar").max = Math.max(1, real.length);
  element("bar").value = decided;
}

function again(made) {
  if (made.new_items.length) return ` New in the rubric since: ${made.new_items.join("; ")}. Look again, and save.`;
  return made.look_again ? " The answer has changed since: look again." : "";
}

function marked(answer) {
  if (!answer.text) return [document.createTextNode(answer.missing ? "There is no answer." : "")];
  const points = Array.from(answer.text);
  const pieces = [];
  let end = 0;
  for (const [start, stop, item] of [...answer.marks].sort((one, other) => one[0] - other[0])) {
    if (start < end) continue;
    pieces.push(document.createTextNode(points.slice(end, start).join("")));
    const mark = document.createElement("mark");
    mark.title = item;
    mark.textContent = points.slice(start, stop).join("");
    pieces.push(mark);
    end = stop;
  }
  pieces.push(document.createTextNode(points.slice(end).join("")));
  return pieces;
}

function showItems() {
  element("items").replaceChildren(...question.items.map((item, place) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = ticked.has(item.name);
    box.addEventListener("change", () => tick(place));
    const key = document.createElement("kbd");
    key.textContent = place < 9 ? String(place + 1) : "";
    const title = document.createElement("span");
    title.textContent = item.title;
    const worth = document.createElement("b");
    worth.textContent = signed(item.points);
    label.append(box, key, title, worth);
    if (item.explanation) label.title = item.explanation;
    return label;
  }));
  showScore();
}

function showScore() {
  const items = question.items.filter((item) => ticked.has(item.name));
  const whole = items.reduce((sum, item) => sum + item.points, 0) + Number(element("more").value || 0);
  element("score").textContent = number(Math.min(Math.max(whole, 0), question.points));
}

function showEarlier() {
  element("earlier").replaceChildren(...comments.map((text, place) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const key = document.createElement("kbd");
    key.textContent = `Alt ${place + 1}`;
    button.append(key, document.createTextNode(` ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`));
    button.addEventListener("click", () => take(place));
    item.append(button);
    return item;
  }));
}

function take(place) {
  if (comments[place] === undefined) return;
  element("comment").value = comments[place];
}

function tick(place) {
  const item = question.items[place];
  if (!item) return;
  if (ticked.has(item.name)) ticked.delete(item.name);
  else ticked.add(item.name);
  showItems();
}

function go(to) {
  if (to < 0 || to >= answers.length) return;
  at = to;
  say("");
  show();
  element("label").focus();
}

// Shows the next undecided answer at which no other person is looking.
async function nextUndecided() {
  const following = [...answers.slice(at + 1), ...answers.slice(0, at)].filter(isOpen);
  if (!following.length) {
    say(isOpen(current()) ? "This is the last one that is undecided." : `${DONE} Press Enter to go on.`);
    return;
  }
  const id = await looking.choose(following.map((one) => one.id));
  const to = answers.findIndex((one) => one.id === id);
  if (to < 0) say(TAKEN);
  else go(to);
}

async function skip() {
  if (busy || !current()) return;
  busy = true;
  try {
    if (await load(current().id)) await nextUndecided();
  } catch {
    say("The answers cannot be read: the server does not answer.");
  } finally {
    busy = false;
  }
}

async function save() {
  const answer = current();
  if (!answer || busy) return;
  if (answers.every((one) => !isOpen(one)) && element("said").textContent.startsWith(DONE)) {
    window.location.assign(main.dataset.after);
    return;
  }
  busy = true;
  const about = element("group").checked
    ? answers.filter((one) => one.group === answer.group && isOpen(one) || one.id === answer.id)
    : [answer];
  const known = {};
  for (const one of about) known[one.id] = one.made ? one.made.id : "";
  try {
    const { status, found } = await send(`${base}/decide`, {
      answers: about.map((one) => one.id),
      known,
      items: question.items.filter((item) => ticked.has(item.name)).map((item) => item.name),
      points: Number(element("more").value || 0),
      text: element("comment").value,
    });
    if (status === 409) {
      const who = found.newer.map((one) => one.by).join(", ");
      await load(answer.id);
      show();
      say(`${who} has decided about this in between. Look at it, and save again to replace it.`);
    } else if (status !== 200) {
      say(found.error || "It could not be stored.");
    } else {
      await load(answer.id);
      document.activeElement.blur();
      const before = at;
      await nextUndecided(); // shows the next one at once, so that no key goes to this one in between
      if (at === before) show();
    }
  } catch {
    say("The decision was not stored: the server does not answer. Nothing that was stored before is lost.");
  } finally {
    busy = false;
  }
}

async function undo() {
  const { status, found } = await send(`${root}/api/undo`, {});
  if (status !== 200) return say("There is nothing of yours to take back.");
  if (!found.check) return say("Your last decision was taken back: a comment, or points for a task.");
  if (found.task !== main.dataset.task || found.check !== main.dataset.check) {
    window.location.assign(`${root}/question/${encodeURIComponent(found.task)}/${encodeURIComponent(found.check)}`);
    return undefined;
  }
  await load(found.answers[0]);
  show();
  return say(found.answers.length > 1 ? `${found.answers.length} decisions were taken back.` : "The last decision was taken back.");
}

async function addItem(event) {
  event.preventDefault();
  const title = element("item-title").value.trim();
  if (!title) return;
  const kept = new Set(ticked);
  const text = element("comment").value;
  const { status, found } = await send(`${base}/item`, { title, points: Number(element("item-points").value || 0) });
  if (status !== 200) { say(found.error || "It could not be stored."); return; }
  element("item-title").value = "";
  element("new-item").hidden = true;
  await load(current().id);
  show();
  ticked = kept;
  ticked.add(found.name);
  element("comment").value = text;
  showItems();
  element("label").focus();
  say("The item is there for all answers; those that were decided before are to be looked at again.");
}

function openForm() {
  element("new-item").hidden = false;
  element("item-title").focus();
}

const keys = {
  Enter: save,
  k: () => go(at - 1),
  ArrowLeft: () => go(at - 1),
  j: () => go(at + 1),
  ArrowRight: () => go(at + 1),
  n: skip,
  u: undo,
  i: () => { if (element("new")) openForm(); },
  c: () => element("comment").focus(),
  p: () => element("more").select(),
  m: () => { element("model").open = !element("model").open; },
  g: () => { if (!element("group-line").hidden) element("group").checked = !element("group").checked; },
  q: () => window.location.assign(`${root}/`),
  0: () => { ticked.clear(); showItems(); },
};

document.addEventListener("keydown", (event) => {
  if (!question) return;
  const field = event.target.closest("textarea, input:not([type=checkbox])");
  if (event.key === "Escape") { element("new-item").hidden = true; element("label").focus(); return; }
  if (event.altKey && /^Digit[1-9]$/.test(event.code)) { event.preventDefault(); take(Number(event.code.slice(5)) - 1); return; }
  if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); save(); return; }
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("button, a, summary") && event.key === "Enter") return;
  if (/^[1-9]$/.test(event.key)) { tick(Number(event.key) - 1); return; }
  const action = keys[event.key];
  if (action) { event.preventDefault(); action(); }
});
element("more").addEventListener("input", showScore);
element("save").addEventListener("click", save);
element("before").addEventListener("click", keys.k);
element("next").addEventListener("click", keys.j);
element("undecided").addEventListener("click", skip);
element("undo").addEventListener("click", undo);
element("new")?.addEventListener("click", openForm);
element("new-item").addEventListener("submit", addItem);
load("").then(async (read) => {
  if (!read) return;
  const id = await looking.choose(answers.filter(isOpen).map((one) => one.id));
  at = Math.max(0, answers.findIndex((one) => one.id === id));
  show();
  busy = false;
  if (id) return;
  if (answers.some(isOpen)) say(TAKEN);
  else if (answers.length) say(`${DONE} Press Enter to go on.`);
});
