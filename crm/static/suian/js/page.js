// What several behaviours ask of the page.
export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
// Translated words stand on <div id="words" data-…>, so that no text lives in scripts.
export const word = (name) => $("#words")?.dataset[name] ?? "";
export const token = () => $('meta[name="csrf-token"]')?.content ?? "";
const NOT_TYPED = new Set(["csrfmiddlewaretoken", "idempotency_key", "version", "talk_version"]);
export const snapshot = (form) =>
  JSON.stringify([...new FormData(form)].filter(([name, value]) => !NOT_TYPED.has(name) && typeof value === "string"));
// What each form held when it was last safe: as it arrived, or as the server took it.
export const safe = new WeakMap();
export const begin = (form) => { if (!safe.has(form)) safe.set(form, snapshot(form)); };
