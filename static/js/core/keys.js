import { isTyping } from "./page.js";
import { t } from "./words.js";

const NAMES = { Space: t("Space"), Enter: t("Enter"), Escape: t("Esc"), ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

export function nameOf(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (digit) return event.shiftKey ? `Shift+${digit[1]}` : digit[1];
  let key = event.key === " " ? "Space" : event.key;
  if (key.length === 1 && key.charCodeAt(0) > 127 && /^Key[A-Z]$/.test(event.code)) key = event.code[3];
  if (key.length === 1 && /[a-z]/i.test(key)) {
    key = key.toLowerCase();
    return event.shiftKey ? `Shift+${key}` : key;
  }
  return key;
}

export const printed = (name) => NAMES[name] ?? name.replace("Shift+", "⇧").replace(/\b([a-z])$/, (letter) => letter.toUpperCase());

// acts: {name: [keys]}; changes: the user's own, {"enabled": true, name: key}; `rebuild` after a change. Where `run` answers false, the
// key is left to the browser.
export function createKeys({ acts, own: changes = {}, run, release }) {
  let table;
  const isEnabled = () => changes.enabled !== false;

  function rebuild() {
    table = new Map();
    for (const [act, keys] of Object.entries(acts)) {
      const chosen = changes[act] ? [changes[act], ...keys.filter((key) => key.length > 1 && !key.startsWith("Shift+"))] : keys;
      for (const key of chosen) if (!table.has(key) || changes[act] === key) table.set(key, act);
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || isTyping(event) || document.querySelector("dialog[open]")) return;
    const key = nameOf(event);
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z") return;
    } else if (!isEnabled() && key.length === 1) return;
    const act = table.get(key);
    if (!act || (event.target.type === "range" && key.startsWith("Arrow"))) return;
    // Enter and Space belong to a button that has the focus.
    if ((key === "Enter" || key === "Space") && event.target.closest("button, a, summary, input")) return;
    // A held key goes on moving, and does nothing else twice.
    if ((event.repeat && !/^(left|right|up|down)$/.test(act)) || run(act) !== false) event.preventDefault();
  });
  document.addEventListener("keyup", (event) => {
    const act = table.get(nameOf(event));
    if (act) release?.(act);
  });
  rebuild();
  return { isEnabled, rebuild, changes, keyFor: (act) => [...table].find(([, name]) => name === act)?.[0] ?? "" };
}
