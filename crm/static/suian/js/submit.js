// A form on its way is not sent twice. This is comfort only: the server holds the idempotency key.
import { $$ } from "./page.js";

const busy = (form, on) => {
  form.toggleAttribute("data-busy", on);
  $$("button:not([type=button])", form).forEach((button) => {
    if (on) button.setAttribute("aria-busy", "true"); else button.removeAttribute("aria-busy");
  });
};
const isHtmx = (form) => form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete], [hx-get]");
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || isHtmx(form) || form.method !== "post" || "download" in form.dataset) return;
  if ("busy" in form.dataset) event.preventDefault(); else busy(form, true);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest("form");
  if (!form || !isHtmx(form) || event.target !== form) return;
  if ("busy" in form.dataset) event.preventDefault(); else busy(form, true);
});
document.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches("form")) busy(event.target, false); });
addEventListener("pageshow", () => $$("form[data-busy]").forEach((form) => busy(form, false)));
