// Light, dark or as the system says; a cookie, so that the server paints the first frame right.
import { $$ } from "./page.js";

const YEAR = 365 * 24 * 3600, root = document.documentElement;
const mark = () => $$("[data-theme-set]").forEach((button) => {
  button.setAttribute("aria-pressed", String((root.dataset.theme ?? "") === button.dataset.themeSet));
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-set]");
  if (!button) return;
  const theme = button.dataset.themeSet;
  if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  const [host, secure] = location.protocol === "https:" ? ["__Host-", "; Secure"] : ["", ""];
  document.cookie = `${host}theme=${theme}; Path=/; Max-Age=${theme ? YEAR : 0}; SameSite=Lax${secure}`;
  mark();
});
mark();
