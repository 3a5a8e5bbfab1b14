// Every behaviour of the pages. Nothing here decides anything: rules, keys and permissions are the server's.
import "./net.js";
import "./toasts.js";
import "./dialogs.js";
import "./curtain.js";
import "./hotkeys.js";
import "./commands.js";
import "./submit.js";
import "./autosave.js";
import "./guard.js";
import "./live.js";
import "./limits.js";
import "./expires.js";
import "./copy.js";
import "./focus.js";
import "./tabs.js";
import "./theme.js";
import "./passkey.js";
