"use strict";

// A link to sign in holds its token behind `#`, which no browser sends and no server writes down.
const signIn = document.getElementById("sign-in");
if (signIn && location.hash.startsWith("#grade_")) {
  signIn.elements.token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

// Live progress, and the report once it is there.
const progress = document.getElementById("progress");
if (progress) {
  const events = new EventSource(progress.dataset.events);
  events.onmessage = (event) => {
    const status = JSON.parse(event.data);
    if (status.state === "queued") {
      progress.textContent = status.ahead ? `In the queue; ${status.ahead} before it.` : "Next in the queue.";
    } else if (status.state === "running") {
      progress.textContent = status.progress ? `Being graded: ${status.progress} …` : "Being graded.";
    } else {
      events.close();
      location.reload();
    }
  };
  // A browser tries again by itself, but not after an answer such as "too many".
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  };
}

// One student in a long table.
const find = document.getElementById("find");
const narrow = () => {
  const wanted = find.value.trim().toLowerCase();
  for (const row of document.querySelectorAll("#students tbody tr")) {
    row.hidden = !`${row.cells[0].textContent} ${row.dataset.login}`.toLowerCase().includes(wanted);
  }
};
if (find) {
  find.closest(".scripted").hidden = false;
  find.addEventListener("input", narrow);
}

// The class as it is now, while somebody looks.
if (document.querySelector("[data-live]")) {
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = page.getElementById(old.id);
      // What is the same, and what somebody is about to press, stays as it is.
      if (!now || now.outerHTML === old.outerHTML || old.contains(document.activeElement)) continue;
      old.replaceWith(document.adoptNode(now));
    }
    narrow();
  }, 5000);
}

// A day and a time are what counts once somebody writes them.
for (const time of document.querySelectorAll(".choice input[type=datetime-local]")) {
  const choice = time.closest(".choice").querySelector("select");
  time.addEventListener("input", () => { if (time.value) choice.value = "at"; });
}

// Uploads with what can only be done by a script: a folder, and files that are dropped.
const form = document.getElementById("upload");
if (form) {
  const chosen = document.getElementById("chosen");
  const said = document.getElementById("said");
  const inputs = [...form.querySelectorAll("input[type=file]")];
  let dropped = [];

  for (const label of form.querySelectorAll(".scripted")) label.hidden = false;

  const files = () => [
    ...inputs.flatMap((input) => [...input.files].map((file) => [file.webkitRelativePath || file.name, file])),
    ...dropped,
  ];
  const show = () => {
    const names = files().map(([name]) => name);
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    chosen.textContent = names.length ? `Chosen: ${names.slice(0, 5).join(", ")}${more}` : "";
    said.hidden = true;
  };
  const refuse = (text) => {
    said.textContent = text;
    said.hidden = false;
  };

  const read = (entry, path) =>
    new Promise((done) => {
      if (entry.isFile) {
        entry.file((file) => done([[path + entry.name, file]]), () => done([]));
        return;
      }
      const reader = entry.createReader();
      const found = [];
      const next = () =>
        reader.readEntries(async (entries) => {
          if (!entries.length) return done(found);
          for (const one of entries) found.push(...(await read(one, `${path}${entry.name}/`)));
          next();
        }, () => done(found));
      next();
    });

  for (const input of inputs) input.addEventListener("change", () => { dropped = []; show(); });
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", async (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    dropped = (await Promise.all(entries.map((entry) => read(entry, "")))).flat();
    show();
  });
  // The same key for the same upload: if an answer is lost, it is stored once all the same.
  let key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!files().length) return refuse("Choose files, a folder or a zip file first.");
    const button = form.querySelector("button");
    const data = new FormData();
    for (const [name, file] of files()) data.append("files", file, name);
    button.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: data,
        headers: { Accept: "application/json", "Idempotency-Key": key },
      });
      const found = await answer.json();
      if (answer.ok) return location.assign(found.page);
      key = crypto.getRandomValues(new Uint32Array(4)).join("-");
      refuse(found.detail);
    } catch {
      refuse("There was no answer. Try again: nothing is stored twice.");
    }
    button.disabled = false;
  });
}
