// Keys never fire while an input method composes; single letters rest inside fields and can be switched off.
import { $ } from "./page.js";
import { drawn, toggle } from "./curtain.js";
import { open } from "./dialogs.js";

const STORE = "suian.keys";
const choice = $("#letter-keys"); // ticked as the account says, until changed on this computer
const lettersOn = () => (localStorage.getItem(STORE) ?? (choice?.defaultChecked === false ? "off" : "on")) !== "off";
const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
const single = {
  "/": () => $('[data-hotkey="/"]')?.focus(),
  "?": () => open($("#keys")),
  j: () => $('a[rel~="next"]')?.click(),
  k: () => $('a[rel~="prev"]')?.click(),
};
function withModifier(event) {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.code === "KeyK") return () => open($("#commands"));
  const form = control && event.key === "Enter" && event.target.closest?.("form");
  return form ? () => form.requestSubmit($(".btn.main[type=submit], .btn.main:not([type])", form)) : null;
}
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.altKey && event.code === "KeyL") { event.preventDefault(); toggle(); return; }
  if (drawn()) return;
  let act = withModifier(event);
  const plain = !(event.ctrlKey || event.metaKey || event.altKey) && !typing(event.target) && !$("dialog[open]");
  if (!act && plain && lettersOn()) act = single[event.key];
  if (act) { event.preventDefault(); act(); }
});
if (choice) {
  choice.checked = lettersOn();
  choice.addEventListener("change", () => localStorage.setItem(STORE, choice.checked ? "on" : "off"));
}
