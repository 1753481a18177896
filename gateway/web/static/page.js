// What all live pages share: fetching themselves again, taking over what changed, copying.
// No markup is made from text: what is shown is the server's own page, node by node.

export const POLL = 15_000;
const HIDDEN = 60_000;

export function fetchPage(method, url, body, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const asking = new XMLHttpRequest();
    asking.open(method, url);
    asking.responseType = "document";
    asking.timeout = body ? 300_000 : 20_000;
    if (onProgress) asking.upload.onprogress = onProgress;
    asking.onload = () => (asking.response ? resolve([asking.status, asking.response, asking.responseURL]) : reject(new Error("no page")));
    if (signal) signal.onabort = () => asking.abort();
    asking.onabort = asking.onerror = asking.ontimeout = () => reject(new Error("no answer"));
    asking.send(body ?? null);
  });
}

export function differs(one, other) {
  return one.textContent !== other.textContent || one.className !== other.className;
}

export function wake(root) {
  for (const button of root.querySelectorAll("button[hidden][data-copy], button[hidden][data-print]")) button.hidden = false;
}

// words: what buttons say, {copy, copied}.
export function copyAndPrint(words) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy], button[data-print]");
    if (!button) return;
    if ("print" in button.dataset) return window.print();
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const beside = button.previousElementSibling;
      if (beside.select) beside.select();
      else getSelection().selectAllChildren(beside);
      return;
    }
    const label = button.firstElementChild ?? button;
    label.textContent = words.copied;
    setTimeout(() => (label.textContent = words.copy), 2000);
  });
}

// Returns look, but never twice at once: what is asked for meanwhile is one more look afterwards.
export function gathered(look) {
  let looking = null;
  let again = false;
  return () => {
    again = Boolean(looking);
    looking ??= (async () => {
      do {
        again = false;
        await look();
      } while (again);
    })().finally(() => (looking = null));
    return looking;
  };
}

// Calls look() whenever something changed; polls where the stream does not hold.
// state.polling says which of the two.
export function follow(url, look, { always = false } = {}) {
  const state = { polling: 0 };
  let source = null;
  let failures = 0;
  let closing = 0;

  function stop() {
    source?.close();
    source = null;
    clearInterval(state.polling);
    state.polling = 0;
  }

  function start() {
    stop();
    source = new EventSource(url);
    source.onopen = () => (failures = 0);
    source.addEventListener("changed", look);
    source.addEventListener("over", look);
    source.onerror = () => {
      failures += 1;
      if (failures < 2 && source.readyState !== EventSource.CLOSED) return;
      stop();
      state.polling = setInterval(look, POLL);
    };
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(closing);
    if (always) return;
    if (document.hidden) closing = setTimeout(stop, HIDDEN);
    else if (!source && !state.polling) {
      look();
      start();
    }
  });
  addEventListener("online", () => {
    look();
    start();
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", () => source || start());
  if (document.readyState === "complete") start();
  return state;
}

// As follow, with one stream for all tabs: browsers open six connections to a host.
export function followTogether(name, url, look) {
  if (!navigator.locks || !window.BroadcastChannel) return follow(url, look);
  const state = { polling: 0 };
  const channel = new BroadcastChannel(name);
  channel.onmessage = look;
  document.addEventListener("visibilitychange", () => document.hidden || look());
  navigator.locks.request(name, () => new Promise(() => {
    const told = () => {
      channel.postMessage("");
      look();
    };
    Object.assign(state, follow(url, told, { always: true }));
  }));
  return state;
}
