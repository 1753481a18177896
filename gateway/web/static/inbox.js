// The Inbox, made livelier: it keeps itself up to date, sends without a reload, takes back.
// Without this file everything works too.

import { copyAndPrint, differs, fetchPage, followTogether, gathered, wake } from "./page.js";

const words = document.querySelector(".desk").dataset;
const strip = document.getElementById("strip");
const form = document.getElementById("write");
const field = document.getElementById("text");
const messages = document.getElementById("messages");
const DRAFT = `draft:${location.pathname}`;
const READ_AFTER = 1500;

function say(text) {
  strip.textContent = text;
  strip.hidden = !text;
}

copyAndPrint(words);

// Taking over a page that was fetched again

function isBusy(node) {
  return node.contains(document.activeElement) && document.activeElement !== document.body;
}

function replace(known, now) {
  const open = [...known.querySelectorAll("details")].map((one) => one.open);
  now.querySelectorAll("details").forEach((one, at) => (one.open = open[at] ?? one.open));
  if (known.matches("details")) now.open = known.open;
  for (const box of now.querySelectorAll("[type=checkbox]")) box.checked = known.querySelector(`[name="${CSS.escape(box.name)}"]`)?.checked ?? false;
  known.replaceWith(document.adoptNode(now));
  wake(now);
}

function takePart(page, id) {
  const known = document.getElementById(id);
  const now = page.getElementById(id);
  if (known && now && differs(known, now) && !isBusy(known)) replace(known, now);
}

// Takes over a list whose items have ids; returns those that are new.
function takeList(known, now, mayGo) {
  const added = [];
  const wanted = [...now.children];
  const ids = new Set(wanted.map((item) => item.id));
  for (const item of [...known.children]) if (!ids.has(item.id) && mayGo(item)) item.remove();
  let after = null;
  for (const item of wanted) {
    let here = document.getElementById(item.id);
    if (here && known.contains(here)) {
      if (differs(here, item) && !isBusy(here)) {
        replace(here, item);
        here = item;
      }
    } else {
      here = document.adoptNode(item);
      added.push(here);
      wake(here);
    }
    const place = after ? after.nextElementSibling : known.firstElementChild;
    if (place !== here) known.insertBefore(here, place);
    after = here;
  }
  return added;
}

// Nothing moves under a pointer or a focus: new rows wait for a press, or until both are elsewhere.

let wanted = false;

function takeRows(rows, fresh) {
  const known = new Set([...rows.children].map((item) => item.id));
  const waiting = [...fresh.children].filter((item) => !known.has(item.id)).length;
  const still = !wanted && (rows.matches(":hover") || isBusy(rows));
  const button = document.getElementById("fresh");
  button.hidden = !still || !waiting;
  button.textContent = button.hidden ? "" : button.dataset.words.replace("{n}", waiting);
  wanted = false;
  if (!still) return takeList(rows, fresh, (item) => !item.querySelector("[aria-current]"));
  for (const item of [...fresh.children]) {
    const here = document.getElementById(item.id);
    if (here && differs(here, item) && !isBusy(here)) replace(here, item);
  }
  return null;
}

document.addEventListener("click", (event) => {
  if (!event.target.matches("#fresh")) return;
  wanted = true;
  look();
});

function takeOver(page) {
  const list = page.getElementById("list");
  if (!list) return null;
  document.title = page.title;
  document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
  takePart(page, "lanes");
  const rows = document.getElementById("rows");
  const fresh = page.getElementById("rows");
  if (rows && fresh) takeRows(rows, fresh);
  else if (rows || fresh) document.getElementById("list").replaceWith(document.adoptNode(list));
  document.dispatchEvent(new Event("postroom:taken"));
  if (!form && !messages) return [];
  for (const id of ["does", "tags", "claims", "about", "banner"]) takePart(page, id);
  const log = document.querySelector(".log");
  const now = page.querySelector(".log");
  return log && now ? takeList(log, now, () => false) : [];
}

// What came in while somebody writes is told beside the field, and moves nothing.
function tell(added) {
  const came = added.filter((item) => item.matches(".other, .own"));
  if (!came.length || !field) return;
  const last = came.at(-1);
  const below = last.getBoundingClientRect().top > messages.getBoundingClientRect().bottom || last.getBoundingClientRect().bottom > innerHeight;
  if (field.value.trim() || below) news.hidden = false;
  if (!field.value.trim()) form.elements.seen.value = last.id;
}

const news = document.getElementById("news");
news?.addEventListener("click", () => {
  news.hidden = true;
  const last = document.querySelector(".log").lastElementChild;
  form.elements.seen.value = last.id;
  last.scrollIntoView({ block: "end" });
});

const look = gathered(async () => {
  try {
    const [status, page] = await fetchPage("GET", location.href.split("#")[0]);
    const added = status === 200 ? takeOver(page) : null;
    if (added) tell(added);
    else if (status === 200 || status === 404) say(words.signedOut);
    if (added && navigator.onLine) say("");
    readSoon();
  } catch {
    if (live.polling) say(words.paused);
  }
});

const live = followTogether("inbox", words.events, look);
addEventListener("offline", () => say(words.offline));
addEventListener("online", () => {
  say("");
  look();
});

// Forms that change one thing send themselves, and the page takes over what came of it.

async function send(one, button) {
  const given = new FormData(one, button);
  const body = one.enctype === "multipart/form-data" ? given : new URLSearchParams([...given]);
  return fetchPage("POST", one.action, body);
}

document.addEventListener("submit", async (event) => {
  const one = event.target;
  // The answer goes into the mail's own frame; the button has done its work.
  if (one.matches(".pictures")) return setTimeout(() => (one.hidden = true));
  if (!one.matches(".undo")) return;
  event.preventDefault();
  try {
    const [status, page] = await send(one, event.submitter);
    takeOver(page);
    if (status !== 200) return say(words.left);
    field.value = page.getElementById("text").value;
    keep();
    field.focus();
  } catch {
    say(words.unsent);
  }
});

setInterval(() => {
  for (const one of document.querySelectorAll(".undo[data-left]")) {
    const left = Number(one.dataset.left) - 1;
    one.dataset.left = left;
    if (left > 0) one.firstElementChild.textContent = words.leaves.replace("{n}", left);
    else one.remove();
  }
}, 1000);

// Read once it was looked at for a moment, by somebody who may say so.

let reading = 0;

function readSoon() {
  clearTimeout(reading);
  const button = document.querySelector("[data-reads]");
  if (!button || document.hidden) return;
  reading = setTimeout(async () => {
    if (document.hidden || !button.isConnected) return;
    const [status, page] = await send(button.form, button);
    if (status === 200) takeOver(page);
  }, READ_AFTER);
}
document.addEventListener("visibilitychange", readSoon);

// Several people at once: each page tells what happens at it, and is told of the others.

const BEAT = 5000;
const WROTE = 30_000;
let wrote = 0;
let told = "";

function doing() {
  return field?.value.trim() && Date.now() - wrote < WROTE ? "writing" : "looking";
}

async function beat() {
  const here = document.getElementById("here");
  if (!here || document.hidden) return;
  told = doing();
  try {
    const [status, page] = await fetchPage("POST", here.dataset.beat, new URLSearchParams({ doing: told }));
    if (status === 200) takePart(page, "here");
  } catch {
    here.textContent = "";
  }
}

if (document.getElementById("here")) {
  beat();
  setInterval(beat, BEAT);
  field?.addEventListener("input", () => {
    wrote = Date.now();
    if (told !== doing()) beat();
  });
  addEventListener("pagehide", () => {
    navigator.sendBeacon(document.getElementById("here").dataset.beat, new URLSearchParams({ doing: "gone" }));
  });
}

// Writing

function keep() {
  if (field.value) sessionStorage.setItem(DRAFT, field.value);
  else sessionStorage.removeItem(DRAFT);
}

function alarm(text) {
  form.querySelector(".trouble")?.remove();
  if (!text) return;
  const told = document.createElement("p");
  told.className = "trouble";
  told.setAttribute("role", "alert");
  told.textContent = text;
  form.prepend(told);
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button.primary");
  if (button.getAttribute("aria-disabled")) return;
  if (!field.value.trim() && !form.elements.files.files.length) return field.focus();
  button.setAttribute("aria-disabled", "true");
  try {
    const [status, page] = await send(form, event.submitter);
    if (status === 404 || status === 403) throw Object.assign(new Error("refused"), { page });
    takeOver(page);
    form.elements.seen.value = page.querySelector("[name=seen]").value;
    const trouble = page.querySelector("#write .trouble")?.textContent.trim();
    alarm(trouble);
    if (trouble) return;
    field.value = "";
    form.elements.files.value = "";
    form.querySelector(".attach").open = false;
    news.hidden = true;
    keep();
    document.querySelector(".log").lastElementChild.scrollIntoView({ block: "end" });
  } catch (error) {
    alarm(error.page?.querySelector(".lone h1")?.textContent.trim() ?? words.unsent);
  } finally {
    button.removeAttribute("aria-disabled");
  }
});

field?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
field?.addEventListener("input", keep);
document.getElementById("saved")?.addEventListener("click", (event) => {
  const chosen = event.target.closest("a[data-text]");
  if (!chosen) return;
  event.preventDefault();
  field.setRangeText(chosen.dataset.text, field.selectionStart, field.selectionEnd, "end");
  event.currentTarget.open = false;
  keep();
  field.focus();
});
if (field) field.value ||= sessionStorage.getItem(DRAFT) ?? "";

wake(document);
if (!navigator.onLine) say(words.offline);
if (messages && !location.hash) {
  const place = document.querySelector(".first-unread") ?? document.querySelector(".log").lastElementChild;
  place?.scrollIntoView({ block: place.matches(".first-unread") ? "start" : "end" });
}
readSoon();
