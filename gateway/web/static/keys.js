// Keys of the Inbox. What a key does stands in the page: data-key on the button, link or field
// names the usual key. Each can be another one or none, all can be switched off (WCAG 2.1.4), and
// they sleep while somebody writes.

import { jumpAmong } from "./jump.js";

const OFF = "postroom.keys.off";
const CHOSEN = "postroom.keys.chosen";
const help = document.getElementById("keys");
const said = document.getElementById("keys-said");
const off = document.getElementById("keys-off");
const lines = [...help.querySelectorAll("[data-action]")];
let chosen = kept();
let asking = null;
let before = "";

function kept() {
  try {
    return JSON.parse(localStorage.getItem(CHOSEN)) ?? {};
  } catch {
    return {};
  }
}

function isOn() {
  return localStorage.getItem(OFF) === null;
}

function isWriting(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]") != null;
}

function wordsOf(line) {
  return line.querySelector("dd").textContent;
}

// The key of an action now, "" for none.
function keyOf(action) {
  return chosen[action] ?? action;
}

function lineOf(key) {
  return lines.find((line) => keyOf(line.dataset.action) === key);
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// The keys, as they are chosen

function show() {
  for (const line of lines) {
    const key = keyOf(line.dataset.action) || said.dataset.none;
    line.querySelector("kbd").textContent = key;
    line.querySelector("button").setAttribute("aria-label", filled(said.dataset.label, { key, words: wordsOf(line) }));
  }
}

function choose(line, key) {
  const other = key && lineOf(key);
  if (other && other !== line) {
    said.textContent = filled(said.dataset.taken, { key, words: wordsOf(other) });
    return;
  }
  chosen = { ...chosen, [line.dataset.action]: key };
  if (key === line.dataset.action) delete chosen[key];
  localStorage.setItem(CHOSEN, JSON.stringify(chosen));
  leave();
  show();
}

function leave() {
  asking = null;
  said.textContent = "";
}

for (const line of lines) {
  line.querySelector("button").addEventListener("click", () => {
    asking = line;
    before = "";
    said.textContent = filled(said.dataset.asks, { words: wordsOf(line) });
  });
}

function answered(event) {
  if (event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return leave();
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Escape") return leave();
  if (event.key === "Backspace" || event.key === "Delete") return choose(asking, "");
  if (event.key.length !== 1 || event.key === " ") return null;
  if (event.key === "g" && !before) return (before = "g");
  const key = before ? `g ${event.key}` : event.key;
  before = "";
  return choose(asking, key);
}

document.getElementById("keys-usual").addEventListener("click", () => {
  chosen = {};
  localStorage.removeItem(CHOSEN);
  leave();
  show();
});
help.addEventListener("close", leave);

// What they do

function rows() {
  return [...document.querySelectorAll("#rows a")];
}

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.parentElement.contains(document.activeElement));
  const from = at >= 0 ? at : all.findIndex((row) => row.getAttribute("aria-current"));
  all[Math.min(all.length - 1, Math.max(0, from + by))]?.focus();
}

function select() {
  const row = document.activeElement.closest("#rows li") ?? document.querySelector("#rows li:has([aria-current])");
  row?.querySelector("[type=checkbox]")?.click();
}

function quotes() {
  const folds = [...document.querySelectorAll(".log .bubble .fold")];
  const open = !folds.every((fold) => fold.open);
  for (const fold of folds) fold.open = open;
}

// What is selected in the list comes first.
function found(action) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(action)}"]`)].filter((one) => one.href || one.checkVisibility());
  return all.find((one) => one.form?.id === "several") ?? all[0];
}

const OWN = {
  j: () => step(1),
  k: () => step(-1),
  x: select,
  q: quotes,
  "?": () => help.showModal(),
  o: () => document.activeElement.closest("#rows li")?.querySelector("a").click(),
};

function act(action) {
  if (OWN[action]) return OWN[action]();
  const one = found(action);
  if (!one) return null;
  if (one.matches("input[type=radio]")) one.checked = true;
  const field = one.dataset.focus ? document.getElementById(one.dataset.focus) : one;
  return field.matches("textarea, input, select") ? field.focus() : field.click();
}

document.addEventListener("keydown", (event) => {
  if (asking) return answered(event);
  if (document.querySelector("dialog[open]")) return null;
  if (event.key === "Escape" && event.target.matches?.("textarea, input")) return event.target.blur();
  if (!isOn() || isWriting(event.target) || event.altKey) return null;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return jump();
  }
  if (event.ctrlKey || event.metaKey) return null;
  const first = before;
  before = "";
  if (event.key === "Escape") return act("u");
  if (event.key.length !== 1 || event.key === " ") return null;
  if (event.key === "g" && !first && lines.some((line) => keyOf(line.dataset.action).startsWith("g "))) return (before = "g");
  const line = lineOf(first ? `g ${event.key}` : event.key);
  if (!line) return null;
  event.preventDefault();
  return act(line.dataset.action);
}, true);

// The list of commands: what can be done here, the places, the conversations of the list.

const SILENT = new Set(["j", "k", "o", "x"]);

function commands() {
  const doable = lines.filter(({ dataset: { action } }) => !SILENT.has(action) && (OWN[action] || found(action)));
  const places = [...document.querySelectorAll(".rest a, #jump-places a")];
  return [
    ...doable.map((line) => ({ words: wordsOf(line), key: keyOf(line.dataset.action), go: () => act(line.dataset.action) })),
    ...places.map((place) => ({ words: place.textContent, key: "", go: () => place.click() })),
    ...rows().map((row) => {
      const [name, subject] = [".name", ".subject"].map((part) => row.querySelector(part).textContent);
      return { words: `${name} · ${subject}`, key: "", go: () => row.click() };
    }),
  ];
}

function jump() {
  jumpAmong(commands());
}

for (const [id, does] of [["show-keys", () => help.showModal()], ["show-jump", jump]]) {
  const button = document.getElementById(id);
  button.hidden = false;
  button.addEventListener("click", does);
}
off.checked = !isOn();
off.addEventListener("change", () => (off.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF)));
show();
