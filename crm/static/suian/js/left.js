// <body data-session="url">: once a minute the page asks whether its session is still there. Once it is over, what is
// shown goes and the sign-in comes; unsent words stay, covered, for whoever comes back. Long without an answer is over, too.
import { drawn, toggle } from "./curtain.js";
import { unsent } from "./guard.js";

const MINUTE = 60_000, LONG = 15 * MINUTE, asked = document.body.dataset.session;
let heard = Date.now();
async function ask() {
  const answer = await fetch(asked, { headers: { "X-Poll": "1" } }).catch(() => null);
  if (answer) heard = Date.now();
  if (answer?.status !== 401 && Date.now() - heard < LONG) return;
  clearInterval(asking);
  if (unsent()) { if (!drawn()) toggle(); return; }
  document.body.replaceChildren();
  location.replace(location.pathname + location.search);
}
const asking = asked && setInterval(ask, MINUTE);
