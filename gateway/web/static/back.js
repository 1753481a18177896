// A document that was opened by a key is left by one: Escape, as in the Inbox.

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.ctrlKey && !event.metaKey && !event.altKey) document.getElementById("back").click();
});
