// <form data-autosave="url">: every 10 s, if something changed, post the draft. The answer is JSON:
// 200 {saved_at, version} · 409 {detail, url?}: somebody else saved, stop and say so · 422 {detail}.
import { $, $$, begin, safe, snapshot, token, word } from "./page.js";

const EVERY = 10_000;
const stopped = new WeakSet(), running = new WeakMap();
function say(form, text, level = "", url = "") {
  const line = $("[data-saved]", form) ?? $(`[data-saved-for="${form.id}"]`);
  if (!line) return;
  line.className = `saved ${level}`;
  line.textContent = text;
  if (!url) return;
  const link = Object.assign(document.createElement("a"), { href: url, textContent: word("compare") });
  line.append(" ", link);
}
async function understand(form, response, sent) {
  const answer = await response.json().catch(() => ({}));
  if (response.status === 409) { stopped.add(form); say(form, answer.detail ?? word("conflict"), "bad", answer.url); return; }
  if (!response.ok || response.redirected) { say(form, answer.detail ?? word("unsaved"), "bad"); return; }
  safe.set(form, sent);
  const version = $('[name="version"]', form);
  if (version && answer.version !== undefined) version.value = answer.version;
  say(form, `${word("saved")} ${answer.saved_at ?? ""}`);
}
async function save(form, { keepalive = false } = {}) {
  const now = snapshot(form);
  if (now === safe.get(form) || stopped.has(form) || running.has(form) || "busy" in form.dataset) return;
  let finish; running.set(form, new Promise((resolve) => { finish = resolve; }));
  try {
    const headers = { "X-CSRFToken": token(), "X-Keeps-Page": "1", Accept: "application/json" };
    const response = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers, keepalive });
    await understand(form, response, now);
  } catch {
    say(form, word("offline"), "warn");
  } finally {
    running.delete(form); finish();
  }
}
const forms = () => $$("form[data-autosave]");
document.addEventListener("htmx:load", () => forms().forEach(begin));
forms().forEach(begin);
// A save, or a change to the talk, counts a version up: sending waits for it, or would be its own rival.
addEventListener("submit", async (event) => {
  const form = event.target, asking = "autosave" in form.dataset && $(".htmx-request");
  const saving = running.get(form) ?? (asking && new Promise((done) => addEventListener("htmx:afterRequest", done, { once: true })));
  if (!saving) return;
  event.preventDefault(); event.stopImmediatePropagation(); await saving; form.requestSubmit(event.submitter);
}, true);
setInterval(() => forms().forEach((form) => save(form)), EVERY);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") forms().forEach((form) => save(form, { keepalive: true }));
});
