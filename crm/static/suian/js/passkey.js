// <button data-passkey="create|get" data-options="url">: asks the device, and sends its form with the answer in [name$=passkey].
import { $, $$, token, word } from "./page.js";
import { toast } from "./toasts.js";

const KINDS = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };
const able = Boolean(globalThis.PublicKeyCredential?.[KINDS.get]);
const show = () => { if (able) $$("[data-passkey][hidden]").forEach((button) => { button.hidden = false; }); };
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey]"), how = button?.dataset.passkey;
  if (!button) return;
  try {
    const asked = await fetch(button.dataset.options, { method: "POST", headers: { "X-CSRFToken": token() } });
    const publicKey = PublicKeyCredential[KINDS[how]](await asked.json());
    const credential = await navigator.credentials[how]({ publicKey });
    $('[name$="passkey"]', button.form).value = JSON.stringify(credential);
    button.form.requestSubmit();
  } catch { toast(word("unproved"), "bad"); }
});
document.addEventListener("htmx:load", show);
show();
