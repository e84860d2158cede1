// What the pages gain from scripts: keys and draft saving. All of it is optional.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const meta = (name) => one(`meta[name="${name}"]`)?.content ?? "";
  const typing = (node) => node.closest("input, textarea, select, [contenteditable]") !== null;
  const visit = (link) => link && link.click();

  // A form that keeps a draft is saved one second after the last key.
  let timer = 0;
  const saveDraft = async (form) => {
    const state = one("[data-gl-draft-state]", form);
    const body = new URLSearchParams(new FormData(form));
    try {
      const headers = { "X-CSRF-Token": meta("csrf-token") };
      const answer = await fetch(form.dataset.glDraft, { method: "POST", body, headers, keepalive: true });
      state.textContent = answer.ok ? state.dataset.saved : state.dataset.failed;
    } catch {
      state.textContent = state.dataset.failed;
    }
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-gl-draft]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(saveDraft, 1000, form);
  });
  document.addEventListener("submit", () => clearTimeout(timer), true);

  // 问卷: how many questions are answered, while one answers them.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-gl-survey]");
    if (!form) return;
    const chosen = form.querySelectorAll("[data-gl-question]:has(:checked)").length;
    const written = [...form.querySelectorAll("textarea")].filter((text) => text.value.trim()).length;
    one("[data-gl-answered]", form).textContent = chosen + written;
    one("progress", form).value = chosen + written;
  });

  const moveRow = (step) => {
    const rows = [...document.querySelectorAll("[data-gl-row]")];
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))]?.focus();
  };
  const KEYS = {
    "/": () => one("#gl-q")?.focus(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    x: () => document.activeElement.closest(".gl-task")?.querySelector("[data-gl-tick]")?.click(),
    n: () => visit(one("[data-gl-next]")),
    "?": () => one("#gl-keys")?.showModal(),
  };
  let afterG = 0;
  const onKey = (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const button = one(`[data-gl-key="${event.code.replace("Key", "").toLowerCase()}"]`);
      // Never without focus in the form of the page: a stray key must not decide.
      if (!button || button.disabled || !button.form.contains(document.activeElement)) return;
      event.preventDefault();
      button.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || typing(event.target) || one("dialog[open]")) return;
    if (event.key === "i" && event.timeStamp - afterG < 1000) return visit(one('a[href="/inbox"]'));
    afterG = event.key === "g" ? event.timeStamp : 0;
    if (KEYS[event.key]) {
      event.preventDefault();
      KEYS[event.key]();
    }
  };
  document.addEventListener("keydown", onKey);
  // Printing needs a script: without one the browser's own command does it, and no dead button is shown.
  const showPrint = () => document.querySelectorAll("[data-gl-print]").forEach((button) => { button.hidden = false; });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-gl-print]")) window.print(); });
  document.addEventListener("htmx:afterSettle", showPrint);
  showPrint();
})();
