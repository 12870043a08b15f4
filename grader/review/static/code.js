// The review of one task of code. All text of a report goes into the page as text, never as markup.
"use strict";
const element = (id) => document.getElementById(id);
const root = document.body.dataset.root;
const base = `${root}/api/code/${encodeURIComponent(element("code").dataset.task)}`;
let submissions = [];
let at = -1; // until one is chosen
const looking = new Looking(element("code"), element("looking"));
const isOpen = (one) => one.findings.some((finding) => !finding.decision || finding.look_again);

const number = (value) => String(Math.round(value * 100) / 100);
const say = (text) => { element("said").textContent = text; };

function made(tag, text, name) {
  const found = document.createElement(tag);
  if (text) found.textContent = text;
  if (name) found.className = name;
  return found;
}

// Names in sentences stand between backticks.
function sentence(text) {
  const found = made("p");
  found.append(...text.split("`").map((part, place) => (place % 2 ? made("code", part) : document.createTextNode(part))));
  return found;
}

async function send(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf }, body: JSON.stringify(body) });
  let found = {};
  try { found = await answer.json(); } catch { found = { error: "The server gave no answer." }; }
  return { status: answer.status, found };
}

async function load() {
  const answer = await fetch(base);
  if (!answer.ok) { say("The submissions cannot be read. Is the server still running?"); return; }
  submissions = await answer.json();
  if (at < 0) {
    const id = await looking.choose(submissions.filter(isOpen).map((one) => one.id));
    at = Math.max(0, submissions.findIndex((one) => one.id === id));
  }
  at = Math.min(at, Math.max(0, submissions.length - 1));
  show();
}

function show() {
  const one = submissions[at];
  if (one) looking.open(one.id);
  element("label").textContent = one ? (one.who ? `${one.label}: ${one.who}` : one.label) : "Everybody passed all checks of this task.";
  element("place").textContent = one ? `${at + 1} of ${submissions.length}, the machine gave ${number(one.score)}` : "";
  element("comments").replaceChildren(...(one ? one.comments : []).map((said) => {
    const item = made("li");
    item.append(made("b", said.place ? `${said.by}, ${said.place}: ` : `${said.by}: `), made("span", said.text));
    return item;
  }));
  element("comments-title").hidden = !one || !one.comments.length;
  element("comment-form").hidden = !one;
  const line = one && one.findings.flatMap((finding) => finding.lines).find((found) => found.marked);
  element("comment-file").value = line ? line.file : "";
  element("comment-line").value = line ? line.line : "";
  element("findings").replaceChildren(...(one ? one.findings.map((finding, place) => row(one, finding, place)) : []));
}

function row(one, finding, place) {
  const item = made("li");
  const head = made("p");
  head.append(made("kbd", place < 9 ? String(place + 1) : ""), made("b", ` ${finding.title} `), made("span", `${finding.verdict}, ${number(finding.score)} of ${number(finding.points)}`, "muted"));
  item.append(head, ...finding.said.map(sentence));
  if (finding.lines.length) {
    const code = made("pre");
    code.tabIndex = 0;
    code.setAttribute("role", "region");
    code.setAttribute("aria-label", `Lines for ${finding.title}`);
    for (const line of finding.lines) {
      const shown = made(line.marked ? "mark" : "span", `${line.place}  ${line.text}\n`);
      // A shortcut; the fields below do the same without a mouse.
      shown.addEventListener("click", () => about(line));
      code.append(shown);
    }
    item.append(code);
  }
  const form = made("form", "", "give");
  const points = made("label", "Points ");
  const input = made("input");
  Object.assign(input, { type: "number", step: "0.25", min: "0", max: String(finding.points), value: String(finding.given ?? finding.score) });
  input.dataset.place = String(place + 1);
  points.append(input);
  const reason = made("label", "Reason ");
  const why = made("input");
  Object.assign(why, { maxLength: 5000, value: finding.reason });
  reason.append(why);
  const button = made("button", "Store");
  button.type = "submit";
  form.append(points, reason, button);
  if (finding.decision) form.append(made("p", `${finding.by} decided.${finding.look_again ? " The result has changed since: look again." : ""}`, "muted"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    store(one, finding, Number(input.value), why);
  });
  item.append(form);
  return item;
}

async function store(one, finding, points, why) {
  if (!why.value.trim()) { say("Give a reason: the student reads it."); why.focus(); return; }
  try {
    const { status, found } = await send(`${base}/decide`, { answer: one.id, check: finding.check, known: finding.decision, points, text: why.value });
    await load();
    if (status === 409) say(`${found.newer.map((other) => other.by).join(", ")} has decided about this in between. Look at it, and store again to replace it.`);
    else say(status === 200 ? "Stored." : found.error || "It could not be stored.");
    element("label").focus();
  } catch {
    say("The decision was not stored: the server does not answer. Nothing that was stored before is lost.");
  }
}

function about(line) {
  element("comment-file").value = line.file;
  element("comment-line").value = line.line;
  element("comment-text").focus();
}

element("comment-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const one = submissions[at];
  const file = element("comment-file").value;
  const body = { answer: one.id, file, line: file ? Number(element("comment-line").value || 0) : 0, text: element("comment-text").value };
  try {
    const { status, found } = await send(`${base}/comment`, body);
    if (status !== 200) { say(found.error || "It could not be stored."); return; }
    element("comment-text").value = "";
    await load();
    say("The comment is stored.");
    element("label").focus();
  } catch {
    say("The comment was not stored: the server does not answer.");
  }
});

function go(to) {
  if (to < 0 || to >= submissions.length) return;
  at = to;
  say("");
  show();
  element("label").focus();
}

// Shows the next undecided submission at which no other person is looking.
async function nextUndecided() {
  const following = [...submissions.slice(at + 1), ...submissions.slice(0, Math.max(at, 0))].filter(isOpen);
  if (!following.length) return say("There is no other one that is undecided.");
  const id = await looking.choose(following.map((one) => one.id));
  const to = submissions.findIndex((one) => one.id === id);
  return to < 0 ? say("Others are looking at all that is undecided.") : go(to);
}

async function undo() {
  const { status } = await send(`${root}/api/undo`, {});
  await load();
  say(status === 200 ? "Your last decision was taken back." : "There is nothing of yours to take back.");
}

const keys = { k: () => go(at - 1), j: () => go(at + 1), ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), n: nextUndecided, u: undo, c: () => element("comment-text").focus(), q: () => window.location.assign(`${root}/`) };
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { element("label").focus(); return; }
  if (event.target.closest("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector(`input[data-place="${CSS.escape(event.key)}"]`);
  if (field) { event.preventDefault(); field.focus(); field.select(); return; }
  const action = keys[event.key];
  if (action) { event.preventDefault(); action(); }
});
element("before").addEventListener("click", keys.k);
element("next").addEventListener("click", keys.j);
element("undecided").addEventListener("click", nextUndecided);
element("undo").addEventListener("click", undo);
load();
