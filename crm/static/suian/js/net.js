// Requests by htmx carry the CSRF token; a failed one says so; losing the network shows a bar.
import { $, token, word } from "./page.js";
import { toast } from "./toasts.js";

document.addEventListener("htmx:configRequest", (event) => {
  if (token()) event.detail.headers["X-CSRFToken"] = token();
  // A half-filled form is not left for the sign-in page because of a look-up beside it.
  if (event.target.closest("form[data-guard], form[data-autosave]")) event.detail.headers["X-Keeps-Page"] = "1";
});
document.addEventListener("htmx:responseError", (event) => {
  const told = event.detail.xhr.getResponseHeader("HX-Trigger"); // the server has said it in its own words
  if (!told) toast(word("failed"), "bad");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => toast(word("unsent"), "bad"));
const show = () => { const bar = $("#offline"); if (bar) bar.hidden = navigator.onLine; };
addEventListener("offline", show);
addEventListener("online", show);
show();
