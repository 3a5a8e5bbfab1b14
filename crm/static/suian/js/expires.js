// <… data-expires="300" data-expired="138 **** 6021">: after 300 s the text gives way to the mask.
// A deadline, not a count, so that a sleeping computer wakes up to the mask. <span data-left> shows the rest.
import { $, $$, word } from "./page.js";

const deadlines = new WeakMap();
function tick() {
  $$("[data-expires]").forEach((element) => {
    if (!deadlines.has(element)) deadlines.set(element, Date.now() + Number(element.dataset.expires) * 1000);
    const left = Math.ceil((deadlines.get(element) - Date.now()) / 1000);
    if (left <= 0) {
      element.removeAttribute("data-expires");
      element.textContent = element.dataset.expired ?? word("expired");
    } else if ($("[data-left]", element)) {
      $("[data-left]", element).textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  });
}
setInterval(tick, 1000);
document.addEventListener("htmx:load", tick);
document.addEventListener("visibilitychange", tick);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
tick();
