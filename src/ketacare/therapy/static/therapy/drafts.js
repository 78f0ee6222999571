// What is written is kept as a draft while it is written, and leaving with something unkept asks first. Nothing stays in the browser.
const AFTER_MS = 4000;
const AT_LEAST_APART_MS = 15000;

for (const form of document.querySelectorAll("form[data-draft-url]")) {
  const text = form.querySelector("[data-draft]");
  const status = form.querySelector("[data-draft-status]");
  let unkept = false;
  let waiting = 0;
  let lastAt = 0;

  const keep = async () => {
    waiting = 0;
    const written = text.value;
    lastAt = Date.now();
    try {
      const reply = await fetch(form.dataset.draftUrl, { method: "POST", body: new FormData(form), headers: { "X-Draft": "yes" }, redirect: "error" });
      if (reply.status !== 204) throw new Error("not kept");
      unkept = text.value !== written;
      status.textContent = `Kept as a draft at ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}. Only you can read it.`;
    } catch {
      status.textContent = "Not kept: the server did not take it. Stay on this page; it is tried again as you write.";
    }
  };

  text.addEventListener("input", () => {
    unkept = true;
    if (!waiting) waiting = setTimeout(keep, Math.max(AFTER_MS, lastAt + AT_LEAST_APART_MS - Date.now()));
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    unkept = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unkept) event.preventDefault();
  });
}
