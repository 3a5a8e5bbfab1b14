// <button data-copy="B-001">: for codes and document numbers, never for masked values.
import { word } from "./page.js";
import { toast } from "./toasts.js";

document.addEventListener("click", async (event) => {
  const text = event.target.closest("[data-copy]")?.dataset.copy.trim();
  if (!text) return;
  try { await navigator.clipboard.writeText(text); toast(word("copied"), "ok"); } catch { toast(word("uncopied"), "bad"); }
});
