"use strict";
const root = document.body.dataset.root;
const publish = document.getElementById("publish");

async function write() {
  const said = document.getElementById("said");
  said.textContent = "Writing …";
  const answer = await fetch(`${root}/api/publish`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
    body: "{}",
  });
  said.textContent = answer.ok ? "Written." : "The marks could not be written.";
}

if (publish) publish.addEventListener("click", write);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "w" && publish) return void write();
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
  if (link) link.click();
});
