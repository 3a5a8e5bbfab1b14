// Leaving with unsent words asks first: forms with data-guard or data-autosave.
import { $$, begin, safe, snapshot } from "./page.js";

const guarded = () => $$("form[data-guard], form[data-autosave]");
document.addEventListener("htmx:load", () => guarded().forEach(begin));
guarded().forEach(begin);
export const unsent = () => guarded().some((form) => !("busy" in form.dataset) && safe.get(form) !== snapshot(form));
addEventListener("beforeunload", (event) => { if (unsent()) event.preventDefault(); });
