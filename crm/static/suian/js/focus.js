// Errors take the focus when they arrive; after a swap it stays on its control or moves to the new heading.
import { $ } from "./page.js";

const to = (element) => { if (!element) return; if (!element.matches("a, button, input, select, textarea")) element.tabIndex = -1; element.focus(); };
document.addEventListener("htmx:afterSettle", (event) => {
  const fresh = event.detail.elt, lost = !document.activeElement || document.activeElement === document.body;
  const errors = $(".err-sum", fresh);
  if (errors) to(errors);
  else if (lost) to($("[autofocus]", fresh) ?? $("h1, h2, h3", fresh) ?? fresh);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest(".err-sum a[href^='#']");
  const place = link && document.getElementById(link.hash.slice(1));
  if (!place) return;
  event.preventDefault();
  to(place.matches("input, select, textarea") ? place : $("input, select, textarea", place) ?? place);
});
to($(".err-sum"));
