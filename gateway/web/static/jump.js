// The list of commands (Ctrl+K): type a part of a name, Enter. A combobox as WAI-ARIA has it.

const dialog = document.getElementById("jump");
const field = document.getElementById("jump-field");
const list = document.getElementById("jump-list");
const MOST = 8;
let known = [];
let shown = [];
let at = 0;

function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function wanted() {
  const words = folded(field.value).split(/\s+/).filter(Boolean);
  return known.filter((one) => words.every((word) => folded(one.words).includes(word)));
}

function search(text) {
  return { words: dialog.dataset.search.replace("{words}", text), key: "", go: () => location.assign(`/inbox?q=${encodeURIComponent(text)}`) };
}

function item(one, number) {
  const made = document.createElement("li");
  made.id = `jump-${number}`;
  made.setAttribute("role", "option");
  const words = document.createElement("span");
  words.textContent = one.words;
  made.append(words);
  if (one.key) {
    const key = document.createElement("kbd");
    key.textContent = one.key;
    made.append(key);
  }
  made.addEventListener("click", () => go(one));
  return made;
}

function choose(number) {
  at = shown.length ? (number + shown.length) % shown.length : 0;
  [...list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
  field.setAttribute("aria-activedescendant", shown.length ? `jump-${at}` : "");
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function draw() {
  const text = field.value.trim();
  shown = [...wanted().slice(0, MOST), ...(text ? [search(text)] : [])];
  list.replaceChildren(...shown.map(item));
  choose(0);
}

function go(one) {
  dialog.close();
  one.go();
}

field.addEventListener("input", draw);
field.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(at + step);
  else if (event.key === "Enter" && shown[at]) go(shown[at]);
  else return;
  event.preventDefault();
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

// Let one of these be chosen: {words, key, go}.
export function jumpAmong(commands) {
  known = commands;
  field.value = "";
  dialog.showModal();
  draw();
  field.focus();
}
