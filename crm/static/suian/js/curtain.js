// Alt L or the button covers everything, an open dialog too: the curtain is the topmost modal.
import { $ } from "./page.js";

export const drawn = () => Boolean($("#curtain")?.open);
export function toggle() {
  const curtain = $("#curtain");
  if (!curtain) return;
  if (curtain.open) curtain.close(); else curtain.showModal();
}
document.addEventListener("click", (event) => { if (event.target.closest("[data-curtain]")) toggle(); });
