// <textarea data-limit="bytes"> in a [data-limit-words]: what is too large is said before it is sent; the text stays.
import { $, $$ } from "./page.js";

const encoder = new TextEncoder();
const tooLarge = (field) => {
  const most = Number(field.dataset.limit);
  // A character is 1 to 4 bytes of UTF-8: counting is only needed in between.
  if (field.value.length > most) return true;
  return field.value.length * 4 > most && encoder.encode(field.value).length > most;
};
function say(field) {
  const box = field.closest("[data-limit-words]"), bad = tooLarge(field);
  if (!box) return bad;
  let words = $("[data-limit-error]", box);
  if (bad && !words) {
    words = Object.assign(document.createElement("p"), { className: "err-msg", id: `${field.id}_limit` });
    words.setAttribute("role", "alert");
    words.dataset.limitError = "";
    field.after(words);
    words.textContent = box.dataset.limitWords;
  }
  if (!bad) words?.remove();
  field.setAttribute("aria-invalid", String(bad));
  return bad;
}
document.addEventListener("input", (event) => { if (event.target.matches("[data-limit]")) say(event.target); });
const refuse = (form, event) => {
  const large = form && $$("[data-limit]", form).find(say);
  if (!large) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  large.focus();
};
document.addEventListener("submit", (event) => refuse(event.target, event), true);
