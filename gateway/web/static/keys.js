// Keys of the Inbox. What a key does stands in the page: data-key on the button, link or field.
// They can be switched off (WCAG 2.1.4), and sleep while somebody writes.

const OFF = "postroom.keys.off";
const help = document.getElementById("keys");
const shown = document.getElementById("show-keys");
const off = document.getElementById("keys-off");
let before = "";

function isOn() {
  return localStorage.getItem(OFF) === null;
}

function isWriting(target) {
  return target.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;
}

function step(by) {
  const rows = [...document.querySelectorAll("#rows a")];
  const at = rows.indexOf(document.activeElement);
  const current = rows.findIndex((row) => row.getAttribute("aria-current"));
  const from = at >= 0 ? at : current;
  rows[Math.min(rows.length - 1, Math.max(0, from + by))]?.focus();
}

function quotes() {
  const folds = [...document.querySelectorAll(".log .bubble .fold")];
  const open = !folds.every((fold) => fold.open);
  for (const fold of folds) fold.open = open;
}

function press(key) {
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  if (key === "q") return quotes();
  if (key === "?") return help.showModal();
  if (key === "o") return document.activeElement.closest("#rows a")?.click();
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.href || one.checkVisibility());
  if (!found) return null;
  if (found.matches("input[type=radio]")) found.checked = true;
  const field = found.dataset.focus ? document.getElementById(found.dataset.focus) : found;
  return field.matches("textarea, input, select") ? field.focus() : field.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.("textarea, input") && !help.open) return event.target.blur();
  if (!isOn() || help.open || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return null;
  let key = event.key === "Escape" ? "u" : event.key;
  if (before === "g") key = `g ${key}`;
  before = key === "g" ? "g" : "";
  if (key === "g") return null;
  if (key === "Enter" || key === " " || key === "Tab") return null;
  if (key.length === 1 || key.startsWith("g ")) {
    if ("jk?/".includes(key) || document.querySelector(`[data-key="${CSS.escape(key)}"]`)) event.preventDefault();
    press(key);
  }
  return null;
});

shown.hidden = false;
shown.addEventListener("click", () => help.showModal());
off.checked = !isOn();
off.addEventListener("change", () => (off.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF)));
