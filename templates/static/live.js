// Live inbox: numbers and rows move without a reload while somebody looks at the page. All of it is optional.
(() => {
  "use strict";
  const address = document.querySelector('meta[name="gl-live"]')?.content;
  if (!address) return;
  const POLL_MS = 60000;
  let source = null;
  let poll = 0;
  let passes = false;

  // Every number of the frame that the service knows better by now.
  const show = (name, number) => {
    for (const node of document.querySelectorAll(`[data-gl-number="${name}"]`)) {
      const text = number > 99 ? "99+" : String(number);
      if (node.firstChild?.nodeValue === text) continue;
      node.firstChild ? (node.firstChild.nodeValue = text) : node.append(text);
      node.hidden = number === 0;
    }
  };

  // A list under somebody's hands is left alone: a tick or a half-typed word must not vanish.
  const inUse = (list) => list.querySelector("input:checked") || list.contains(document.activeElement);
  let asked = 0;
  const refresh = async () => {
    const list = document.querySelector("[data-gl-refresh]");
    if (!list || inUse(list)) return;
    const turn = ++asked;
    const answer = await fetch(list.dataset.glRefresh || location.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok || turn !== asked || inUse(list)) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["counts", "rows"]) {
      const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
      if (!old || !now) continue;
      old.replaceWith(now);
      window.htmx?.process(now);
    }
  };

  const take = (numbers) => {
    const before = document.body.dataset.glTodo;
    for (const name of ["todo", "unread"]) show(name, numbers[name]);
    document.body.dataset.glTodo = `${numbers.todo}/${numbers.queue}/${numbers.overdue}`;
    const moved = before !== undefined && before !== document.body.dataset.glTodo;
    document.body.dispatchEvent(new CustomEvent("gl:inbox", { detail: numbers }));
    if (numbers.changed || moved) refresh().catch(() => {});
  };

  // Where no stream passes (a proxy, too many pages) the numbers are asked for once a minute.
  const ask = async () => {
    const answer = await fetch("/api/v1/me/inbox").catch(() => null);
    if (answer?.ok) take(await answer.json());
    else if (answer?.status === 401) stop();
  };
  const stop = () => {
    source?.close();
    source = null;
    passes = false;
    clearInterval(poll);
    poll = 0;
  };
  const start = () => {
    if (poll) return;
    poll = setInterval(() => passes || ask(), POLL_MS);
    source = new EventSource(address);
    source.addEventListener("inbox", (event) => {
      passes = true; // the first one comes at once, unless something on the way holds it back
      take(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      passes = false;
      if (source?.readyState === EventSource.CLOSED) ask(); // else the browser tries again by itself
    });
  };
  // A browser keeps few connections to one place: only the page somebody looks at holds one.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  window.addEventListener("pagehide", stop);
  if (!document.hidden) start();
})();
