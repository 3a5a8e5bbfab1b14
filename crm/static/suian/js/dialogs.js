// data-open="id" opens a dialog, data-close closes its own, data-back goes back, data-print prints; <dialog data-auto> opens as it arrives.
import { $, $$ } from "./page.js";

export const open = (dialog) => { if (dialog && !dialog.open) dialog.showModal(); };
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) { event.preventDefault(); open(document.getElementById(opener.dataset.open)); }
  if (event.target.closest("[data-back]")) history.back();
  if (event.target.closest("[data-print]")) print();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  $$("details.who[open]").filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && $("details.who[open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); }
});
const arrive = () => $$("dialog[data-auto]").forEach(open);
document.addEventListener("htmx:load", arrive);
arrive();
