// <button data-passkey="create|get" data-options="url">: asks the device, and sends its form with the answer in its last [name$=passkey] (the confirm page carries others).
import { $$, token, word } from "./page.js";
import { toast } from "./toasts.js";

const KINDS = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };
const able = Boolean(globalThis.PublicKeyCredential?.[KINDS.get]);
const show = () => { if (able) $$("[data-passkey][hidden]").forEach((button) => { button.hidden = false; }); };
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey]"), how = button?.dataset.passkey;
  if (button) try {
    const asked = await fetch(button.dataset.options, { method: "POST", headers: { "X-CSRFToken": token() } });
    if (asked.status === 422) { location.reload(); return; } // its page leads to the factors, and back
    const publicKey = PublicKeyCredential[KINDS[how]](await asked.json());
    const credential = await navigator.credentials[how]({ publicKey });
    $$('[name$="passkey"]', button.form).at(-1).value = JSON.stringify(credential);
    button.form.requestSubmit();
  } catch { toast(word("unproved"), "bad"); }
});
document.addEventListener("htmx:load", show);
show();
