// Around each swap of htmx: the anti-forgery header, the focus, an answer that did not come, the address that moved.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = one('meta[name="csrf-token"]')?.content ?? "";
  });

  // After a swap the reader stands at the result or the error summary; on a whole page autofocus does it.
  // A page asked again, a filter or the next page leaves the keyboard where it was, or at the new content.
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const node = document.activeElement;
    held = one("#gl-content")?.contains(node) ? node.getAttribute("href") ?? "" : null;
  });
  // Another page is read from its head; an address with an anchor says itself where.
  let moved = false;
  document.addEventListener("htmx:pushedIntoHistory", () => { moved = !location.hash; });
  const stand = (root) => {
    const result = one("[data-gl-focus]", root);
    if (result) return result.focus();
    if (held === null || document.activeElement !== document.body) return;
    const same = [...root.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === held);
    (same ?? one("#main")).focus({ preventScroll: true });
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "gl-content") {
      if (moved || event.detail.requestConfig?.verb !== "get") window.scrollTo(0, 0);
      moved = false;
      stand(event.detail.target);
    }
  });

  // A request that got no answer of ours keeps the page and says so, until the next one is answered.
  const STRIPS = ["#gl-offline", "#gl-failed"];
  const unanswered = (shown) => (event) => {
    for (const id of STRIPS) if (one(id)) one(id).hidden = id !== shown;
    // What the page asks for by itself does not take the focus from somebody who types.
    if (event.detail.requestConfig?.verb !== "get") one(shown)?.focus();
  };
  document.addEventListener("htmx:sendError", unanswered(STRIPS[0]));
  document.addEventListener("htmx:responseError", unanswered(STRIPS[1]));
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.isError) STRIPS.forEach((id) => { if (one(id)) one(id).hidden = true; });
  });

  // Another language or theme shows what one looks at: a swap moves the address, the head of the page stays.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-gl-here]");
    if (!link) return;
    const [here, name] = [new URL(location.href), link.dataset.glHere];
    here.searchParams.set(name, new URL(link.href).searchParams.get(name));
    link.href = here.href;
  });
})();
