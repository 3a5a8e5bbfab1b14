// <textarea data-live hx-post="…" hx-trigger="live">: asks for a check after a pause in typing, never mid-composition nor of what is too large (limits.js).
const PAUSE = 600, timers = new WeakMap();
function later(field) {
  const ask = () => document.getElementById(`${field.id}_limit`) || field.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(ask, PAUSE));
}
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-live]") && !event.isComposing) later(event.target);
});
document.addEventListener("compositionend", (event) => { if (event.target.matches("[data-live]")) later(event.target); });
