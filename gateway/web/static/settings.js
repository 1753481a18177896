// The connection test without leaving the page: what was typed stays, the password too.

import { fetchPage, wake } from "./page.js";

const form = document.getElementById("email");
const button = document.getElementById("test");
const words = button.dataset;
const USUAL = { starttls: "587", tls: "465", none: "25" };
let asking = null;

function told(text) {
  const line = document.createElement("p");
  line.className = "muted";
  line.setAttribute("role", "status");
  line.textContent = text;
  document.getElementById("result").replaceChildren(line);
}

form.addEventListener("submit", async (event) => {
  if (!event.submitter?.matches("[formaction^='/inbox/settings/test']")) return;
  event.preventDefault();
  if (asking) return asking.abort();
  const label = button.textContent;
  button.textContent = words.cancel;
  told(words.testing);
  asking = new AbortController();
  try {
    const body = new URLSearchParams([...new FormData(form)]);
    const [, page] = await fetchPage("POST", button.formAction, body, null, asking.signal);
    const result = document.adoptNode(page.getElementById("result"));
    result.querySelector("[autofocus]")?.removeAttribute("autofocus");
    document.getElementById("result").replaceWith(result);
    wake(result);
    result.querySelector("[tabindex]")?.focus();
    result.scrollIntoView({ block: "nearest" });
  } catch {
    told(asking.signal.aborted ? "" : words.unsent);
  } finally {
    asking = null;
    button.textContent = label;
  }
});

// The server comes by the domain of the address, into an empty field; else it is offered.

async function find(event) {
  const { login, from_address: from, host } = form.elements;
  const address = login.value.includes("@") ? login.value : from.value;
  if (!address.includes("@") || event?.type === "change" && event.target !== login && login.value.includes("@")) return;
  const body = new URLSearchParams([...new FormData(form)]);
  body.delete("password");
  if (event?.type === "click") body.set("use", "1");
  try {
    const [status, page] = await fetchPage("POST", "/inbox/settings/find", body);
    if (status !== 200) return;
    const found = document.adoptNode(page.getElementById("found"));
    document.getElementById("found").replaceWith(found);
    if (event?.type !== "click" && host.value) return;
    for (const name of ["host", "port", "security"]) form.elements[name].value = page.getElementById(name).value;
    before = form.elements.security.value;
    if (event?.type === "click") host.focus();
  } catch {
    // Nothing was found; whoever knows the server types it.
  }
}

for (const name of ["login", "from_address"]) form.elements[name].addEventListener("change", find);
form.addEventListener("click", (event) => {
  if (!event.target.matches("#found button")) return;
  event.preventDefault();
  find(event);
});
document.getElementById("finds").hidden = true;

// The usual port comes along with the security, where the port was the usual one.
const { security, port } = form.elements;
let before = security.value;
security.addEventListener("change", () => {
  if (!port.value || port.value === USUAL[before]) port.value = USUAL[security.value];
  before = security.value;
});

for (const one of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(one.dataset.shows);
  const show = one.textContent;
  one.hidden = false;
  one.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    one.textContent = shown ? one.dataset.hide : show;
    one.setAttribute("aria-pressed", String(shown));
  });
}
