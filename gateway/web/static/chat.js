// The chat window, made livelier: copy, print, live messages, sending without a reload.
// Without this file everything works too.

import { copyAndPrint, differs, fetchPage, follow, gathered, wake } from "./page.js";

const main = document.querySelector("main[data-events]");
const words = main.dataset;
const log = document.querySelector(".log");
const strip = document.getElementById("strip");
const form = document.getElementById("write");
const field = document.getElementById("text");
const DRAFT = `draft:${location.pathname}`;

function say(text) {
  strip.textContent = text;
  strip.hidden = !text;
}

copyAndPrint(words);

// Taking over a page that was fetched again

function takeOver(page, mayScroll) {
  const fresh = page.querySelector(".log");
  if (!fresh) return;
  let added = null;
  for (const item of [...fresh.children]) {
    const known = document.getElementById(item.id);
    if (!known) {
      added = document.adoptNode(item);
      log.append(added);
    } else if (differs(known, item) && !known.contains(document.activeElement)) {
      known.replaceWith(document.adoptNode(item));
    }
  }
  document.querySelector(".log ~ .pending, .pending")?.remove();
  document.querySelector(".empty")?.remove();
  for (const part of ["bill", "attached"]) {
    const known = document.getElementById(part);
    const now = page.getElementById(part);
    if (known && now && differs(known, now) && !known.contains(document.activeElement)) {
      now.open = known.open;
      known.replaceWith(document.adoptNode(now));
      wake(document.getElementById(part));
    }
  }
  if (!added) return;
  if (mayScroll) added.scrollIntoView({ block: "end" });
  else if (added.getBoundingClientRect().bottom > innerHeight) news.hidden = false;
}

const news = document.getElementById("news");
news.addEventListener("click", () => {
  news.hidden = true;
  log.lastElementChild.scrollIntoView({ block: "end" });
});
addEventListener("scroll", () => {
  if (!news.hidden && log.lastElementChild.getBoundingClientRect().bottom < innerHeight) news.hidden = true;
}, { passive: true });

// Live messages

const look = gathered(async () => {
  try {
    const [status, page] = await fetchPage("GET", location.pathname);
    if (status === 200) takeOver(page, false);
    else if (status === 404 || status === 410) location.reload();
    if (navigator.onLine) say("");
  } catch {
    if (live.polling) say(words.paused);
  }
});

const live = follow(words.events, look);
addEventListener("offline", () => say(words.offline));
addEventListener("online", () => say(""));

// Writing

function pending(text) {
  const item = document.createElement("li");
  item.className = "own pending";
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  const said = document.createElement("p");
  said.className = "words";
  said.textContent = text;
  const meta = document.createElement("p");
  meta.className = "meta";
  meta.textContent = words.sending;
  bubble.append(said);
  item.append(bubble, meta);
  log.append(item);
  item.scrollIntoView({ block: "end" });
  return meta;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button.primary");
  if (button.getAttribute("aria-disabled")) return;
  const text = field.value.trim();
  const files = form.elements.files.files;
  if (!text && !files.length) return field.focus();
  form.querySelector(".trouble")?.remove();
  button.setAttribute("aria-disabled", "true");
  const meta = pending(text || [...files].map((file) => file.name).join(", "));
  const progress = (step) => {
    if (files.length && step.lengthComputable) meta.textContent = `${words.sending} ${Math.round((100 * step.loaded) / step.total)} %`;
  };
  try {
    const [status, page] = await fetchPage("POST", form.action, new FormData(form), progress);
    if (status !== 200) throw Object.assign(new Error("refused"), { page });
    form.elements.client_id.value = page.querySelector("[name=client_id]").value;
    field.value = "";
    form.elements.about.value = "";
    form.elements.files.value = "";
    form.querySelector(".attach").open = false;
    sessionStorage.removeItem(DRAFT);
    takeOver(page, true);
  } catch (error) {
    document.querySelector(".pending")?.remove();
    const trouble = error.page?.querySelector(".trouble, .lone h1");
    const alert = document.createElement("p");
    alert.className = "trouble";
    alert.setAttribute("role", "alert");
    alert.textContent = trouble ? trouble.textContent.trim() : words.unsent;
    form.prepend(alert);
  } finally {
    button.removeAttribute("aria-disabled");
  }
});

// A chip writes its sentence; what stands there already stays.
document.querySelector(".asks")?.addEventListener("click", (event) => {
  const chip = event.target.closest("a[data-ask]");
  if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const written = field.value.trimEnd();
  const others = [...document.querySelectorAll("[data-sentence]")].some((one) => one.dataset.sentence === written);
  field.value = (written && !others ? `${written}\n` : "") + `${chip.dataset.sentence} `;
  form.elements.about.value = chip.dataset.ask;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  sessionStorage.setItem(DRAFT, field.value);
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
field.addEventListener("input", () => {
  if (field.value) sessionStorage.setItem(DRAFT, field.value);
  else sessionStorage.removeItem(DRAFT);
});
field.value ||= sessionStorage.getItem(DRAFT) ?? "";
wake(document);
if (!navigator.onLine) say(words.offline);

// Where the company wants to know and the page says so: a person is here, by their own gesture.

function seen(event) {
  if (!event.isTrusted || document.hidden || performance.now() < 2000) return;
  for (const kind of GESTURES) removeEventListener(kind, seen);
  fetch(words.viewed, { method: "POST" }).catch(() => {});
}
const GESTURES = ["pointerdown", "keydown"];
if (words.viewed) for (const kind of GESTURES) addEventListener(kind, seen, { passive: true });
