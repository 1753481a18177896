// The bell: news as a notification of the browser, for whoever asks for it by pressing it.

const ON = "postroom.bell";
const MOST = 3;
const bell = document.getElementById("bell");
const words = bell.dataset;
let known = waiting();

function isOn() {
  return localStorage.getItem(ON) !== null && Notification.permission === "granted";
}

function show() {
  bell.setAttribute("aria-pressed", String(isOn()));
}

function say(text) {
  const strip = document.getElementById("strip");
  strip.textContent = text;
  strip.hidden = !text;
}

function count(lane) {
  return parseInt(document.querySelector(`#lanes a[href$="=${lane}"] .count`)?.textContent ?? "0", 10);
}

// What waits for somebody: unread messages by their rows, and what the lanes count besides.
function waiting() {
  const rows = new Map();
  for (const row of document.querySelectorAll("#rows .row.unread")) rows.set(row.pathname, parseInt(row.querySelector(".count").textContent, 10));
  return { rows, unread: count("unread"), failed: count("not_delivered") };
}

function notify(title, body, tag, path) {
  const told = new Notification(title, { body, tag, icon: document.querySelector("link[rel=icon]").href });
  told.onclick = () => {
    window.focus();
    location.assign(path);
    told.close();
  };
}

function part(row, name) {
  return row.querySelector(name).textContent;
}

function tell() {
  const before = known;
  known = waiting();
  if (!isOn() || (document.hasFocus() && !document.hidden)) return;
  const fresh = [...document.querySelectorAll("#rows .row.unread")].filter((row) => known.rows.get(row.pathname) > (before.rows.get(row.pathname) ?? 0));
  for (const row of fresh.slice(0, MOST)) notify(`${part(row, ".name")} · ${part(row, ".subject")}`, part(row, ".snippet"), `postroom ${row.pathname}`, row.href);
  if (!fresh.length && known.unread > before.unread) notify(words.fresh, "", "postroom unread", "/inbox?view=unread");
  if (known.failed > before.failed) notify(words.failed, "", "postroom failed", "/inbox?view=not_delivered");
}

async function press() {
  if (isOn()) localStorage.removeItem(ON);
  else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(ON, "1");
  else return say(words.forbidden);
  show();
  say(isOn() ? words.on : "");
}

if (window.Notification && window.isSecureContext) {
  bell.hidden = false;
  show();
  bell.addEventListener("click", press);
  document.addEventListener("postroom:taken", tell);
}
