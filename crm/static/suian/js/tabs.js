// A tab fetched by hx-get becomes the current one; the others do not.
import { $$ } from "./page.js";

document.addEventListener("htmx:afterRequest", (event) => {
  const tab = event.detail.successful && event.target.closest?.(".tabs a[hx-get]");
  if (!tab) return;
  $$("a[hx-get]", tab.closest(".tabs")).forEach((other) => other.removeAttribute("aria-current"));
  tab.setAttribute("aria-current", "page");
});
