// Short notices bottom right; a new one takes the place of the last of its kind (and app.css shows three).
// With an undo they stay 30 s, without 8 s; reading or focusing one holds it.
import { $, $$ } from "./page.js";

const LONG = 30_000, SHORT = 8_000;
const isOld = (one, kind) => one?.dataset.watched && one.className === kind && !$("form, a", one);
function watch(element, place) {
  if (!place && isOld(element.previousElementSibling, element.className)) element.previousElementSibling.remove();
  element.dataset.watched = "1";
  let left = $("form, a", element) ? LONG : SHORT;
  const timer = setInterval(() => {
    if (!element.matches(":hover, :focus-within")) left -= 1000;
    if (left <= 0 || !element.isConnected) { clearInterval(timer); element.remove(); }
  }, 1000);
}
export function toast(text, level = "") {
  const copy = $("#t-toast")?.content.firstElementChild.cloneNode(true);
  if (!copy || !text) return;
  $("p", copy).textContent = text;
  if (level) copy.classList.add(level);
  $("#toasts").append(copy);
  watch(copy, 0);
}
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast, .notice")?.remove());
document.addEventListener("htmx:load", () => $$("#toasts > .toast:not([data-watched])").forEach(watch));
