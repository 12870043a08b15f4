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

// How far it is and who is looking at what, as it is now.
if ("live" in document.getElementById("overview").dataset) {
  setInterval(async () => {
    const overview = document.getElementById("overview");
    if (document.hidden || overview.contains(document.activeElement)) return;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("overview");
    const [rest, now] = [overview, fresh].map((one) => one.querySelector("#rest"));
    if (rest && now) now.open = rest.open;
    overview.replaceWith(document.adoptNode(fresh));
  }, 10000);
}

if (publish) publish.addEventListener("click", write);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "w" && publish) return void write();
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
  if (link) link.click();
});
