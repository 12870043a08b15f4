"use strict";

// A link to a check opens it: the reader may have closed it before.
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

// Pages opened from a disk are often not allowed to use the clipboard: fall back to a selection.
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return "Copied.";
  } catch {
    code.closest("details").open = true;
    getSelection().selectAllChildren(code);
    return document.execCommand("copy") ? "Copied." : "Selected: press Ctrl+C or ⌘C to copy.";
  }
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const status = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    status.textContent = "";
    status.textContent = await copy(document.getElementById(button.dataset.copies));
  });
}

// On paper nothing can be opened any more.
const opened = [];
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    opened.push(details);
  }
});
addEventListener("afterprint", () => {
  for (const details of opened.splice(0)) details.open = false;
});

addEventListener("hashchange", openTarget);
openTarget();
