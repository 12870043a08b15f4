"use strict";

// A link to a check opens it: the reader may have closed it before.
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    showAll();
    for (let part = target; part; part = part.parentElement.closest("details")) part.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}

// A chip shows the checks with one verdict, wherever they are folded; pressed again, all of them.
const chips = [];

function showAll() {
  for (const chip of chips) chip.setAttribute("aria-pressed", "false");
  for (const part of document.querySelectorAll(".check, .fold, .task")) part.hidden = false;
}

function showOnly(chip) {
  const wanted = `.check.${chip.dataset.only}`;
  showAll();
  chip.setAttribute("aria-pressed", "true");
  for (const part of document.querySelectorAll(".check")) part.hidden = !part.matches(wanted);
  for (const part of document.querySelectorAll(".fold, .task")) {
    part.hidden = !part.querySelector(wanted);
    if (part.matches(".fold")) part.open = !part.hidden;
  }
}

for (const count of document.querySelectorAll("li[data-only]")) {
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = "chip";
  chip.dataset.only = count.dataset.only;
  chip.setAttribute("aria-pressed", "false");
  chip.append(...count.childNodes);
  count.append(chip);
  chips.push(chip);
  chip.addEventListener("click", () => (chip.getAttribute("aria-pressed") === "true" ? showAll() : showOnly(chip)));
}

// Pages opened from a disk are often not allowed to use the clipboard: fall back to a selection.
async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return button.dataset.copied;
  } catch {
    code.closest("details").open = true;
    getSelection().selectAllChildren(code);
    return document.execCommand("copy") ? button.dataset.copied : button.dataset.selected;
  }
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const status = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    status.textContent = "";
    status.textContent = await copy(document.getElementById(button.dataset.copies), button);
  });
}

addEventListener("hashchange", openTarget);
openTarget();
