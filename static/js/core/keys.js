// Single-letter keys of a page: what is bound to what, remapped or switched off by the user. Never while a field has the focus;
// held keys decide once. Letters go by what is printed on the key, by its place on layouts without Latin letters; digits by place.
import { isTyping } from "./typing.js";

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

export const printed = (name) => name.replace("Shift+", "⇧").replace(/\b([a-z])$/, (letter) => letter.toUpperCase()).replace("Arrow", "");

// acts: {name: [keys]}; own: the user's changes, {"enabled": true, name: key}. `run(name, event, key)` does the act.
export function createKeys({ acts, own = {}, run, release }) {
  let table = new Map();
  let enabled = own.enabled !== false;
  const changes = { ...own };

  function build() {
    table = new Map();
    for (const [act, keys] of Object.entries(acts)) {
      const chosen = changes[act] ? [changes[act], ...keys.filter((key) => key.length > 1 && !key.startsWith("Shift+"))] : keys;
      for (const key of chosen) if (!table.has(key) || changes[act] === key) table.set(key, act);
    }
  }
  function onDown(event) {
    if (event.defaultPrevented || event.altKey || isTyping(event) || document.querySelector("dialog[open]")) return;
    const key = nameOf(event);
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z") return;
    } else if (!enabled && key.length === 1) return;
    const act = table.get(key);
    if (!act || (event.target.type === "range" && key.startsWith("Arrow"))) return;
    // Enter and Space belong to a button that has the focus.
    if ((key === "Enter" || key === "Space") && event.target.closest("button, a, summary, input")) return;
    event.preventDefault();
    if (!event.repeat) run(act, event, key);
  }
  function onUp(event) {
    const act = table.get(nameOf(event));
    if (act) release?.(act);
  }
  build();
  document.addEventListener("keydown", onDown);
  document.addEventListener("keyup", onUp);
  return {
    keyFor: (act) => [...table].find(([, name]) => name === act)?.[0] ?? "",
    changes,
    get enabled() {
      return enabled;
    },
    set enabled(value) {
      enabled = value;
      changes.enabled = value;
    },
    bind(act, key) {
      for (const [name, bound] of Object.entries(changes)) if (bound === key && name !== act) delete changes[name];
      changes[act] = key;
      build();
    },
    reset() {
      for (const name of Object.keys(changes)) delete changes[name];
      enabled = true;
      build();
    },
  };
}
