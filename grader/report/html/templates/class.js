"use strict";

const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function value(row, column, kind) {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim();
  return kind === "number" ? Number.parseFloat(text) : text;
}

function sort(table, column, kind, direction) {
  const body = table.tBodies[0];
  const keyed = Array.from(body.rows, (row) => [value(row, column, kind), row]);
  keyed.sort(([a], [b]) => direction * (kind === "number" ? a - b : order.compare(a, b)));
  body.append(...keyed.map(([, row]) => row));
}

for (const button of document.querySelectorAll("button[data-sort]")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const first = button.dataset.sort === "number" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const next = head.getAttribute("aria-sort") === first ? other : first;
    for (const cell of head.parentElement.cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    sort(button.closest("table"), head.cellIndex, button.dataset.sort, next === "ascending" ? 1 : -1);
  });
}

const search = document.getElementById("search");
const cause = document.getElementById("cause");
const left = document.getElementById("left");
const students = Array.from(document.getElementById("everybody").tBodies[0].rows, (row) => ({
  row,
  text: row.textContent.toLowerCase(),
  causes: row.dataset.causes.split(" "),
}));

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { row, text, causes } of students) {
    const fits = words.every((word) => text.includes(word)) && (!cause.value || causes.includes(cause.value));
    row.hidden = !fits;
    shown += fits;
  }
  left.textContent = `${shown} of ${students.length}`;
}

search.addEventListener("input", filter);
cause.addEventListener("change", filter);
search.closest(".filter").hidden = false;
filter();

for (const button of document.querySelectorAll("button[data-cause]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    cause.value = button.dataset.cause;
    search.value = "";
    filter();
    document.getElementById("students").scrollIntoView();
    cause.focus({ preventScroll: true });
  });
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.nextElementSibling.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(code);
      const done = document.execCommand("copy");
      button.nextElementSibling.textContent = done ? "Copied." : "Selected: press Ctrl+C or ⌘C to copy.";
    }
  });
}
