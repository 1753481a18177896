// Several conversations at once: how many are selected; on phones a button shows the boxes.

const CHECKED = "#rows [type=checkbox]:checked";

function tell() {
  const told = document.querySelector("#several [role=status]");
  const start = document.getElementById("pick");
  if (start) start.hidden = false;
  if (!told) return;
  const count = document.querySelectorAll(CHECKED).length;
  const words = count ? (count === 1 ? told.dataset.one : told.dataset.many.replace("{n}", count)) : "";
  if (told.textContent !== words) told.textContent = words;
}

document.addEventListener("change", (event) => event.target.matches("#rows [type=checkbox]") && tell());
document.addEventListener("click", (event) => {
  const start = event.target.closest("#pick");
  if (!start) return;
  const on = document.getElementById("list").classList.toggle("picking");
  start.setAttribute("aria-pressed", String(on));
  if (!on) for (const box of document.querySelectorAll(CHECKED)) box.checked = false;
  tell();
});
addEventListener("pageshow", tell);
document.addEventListener("postroom:taken", tell);
tell();
