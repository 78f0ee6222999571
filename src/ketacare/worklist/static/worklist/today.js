// j and k walk the list (the arrows too, once one is in it), Enter opens the row as on any link, t takes it. Without this the page works by Tab.

const TYPING = "input, textarea, select, [contenteditable]";
const STEPS = new Map([["j", 1], ["k", -1], ["ArrowDown", 1], ["ArrowUp", -1]]);
const rows = [...document.querySelectorAll("[data-work] [data-row]")];

document.querySelector(".work-keys")?.removeAttribute("hidden");

function current() {
  return rows.findIndex((row) => row.closest("tr").contains(document.activeElement));
}

function walk(event, at) {
  if (at < 0 && event.key.startsWith("Arrow")) return; // outside the list the arrows scroll
  event.preventDefault();
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + STEPS.get(event.key)));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  const at = current();
  if (STEPS.has(event.key) && rows.length) walk(event, at);
  else if (event.key === "t" && at >= 0) rows[at].closest("tr").querySelector("[data-take]")?.click();
});
