// The command list: type to narrow, arrows to move, Enter to go.
import { $, $$ } from "./page.js";

const dialog = $("#commands");
const input = dialog && $("input", dialog);
const shown = () => $$("li:not([hidden]) > :is(a, button)", dialog);
function narrow() {
  const wanted = input.value.trim().toLowerCase();
  $$("li", dialog).forEach((item) => { item.hidden = !item.textContent.toLowerCase().includes(wanted); });
  $("[data-none]", dialog).hidden = shown().length > 0;
}
input?.addEventListener("input", narrow);
dialog?.addEventListener("close", () => { input.value = ""; narrow(); });
dialog?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const items = shown(), at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); (items[at + step] ?? input).focus(); }
  if (event.key === "Enter" && document.activeElement === input) { event.preventDefault(); items[0]?.click(); }
});
