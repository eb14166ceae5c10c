// The list of keys: each can be changed, all letters can be switched off. What is chosen is kept with the user.
import { post } from "../../core/api.js";
import { nameOf, printed } from "../../core/keys.js";
import { t } from "../../core/words.js";
import { el, find } from "./dom.js";

export function createHelp({ keys, onChange }) {
  const dialog = find("help");
  const { changes } = keys;
  const enabled = dialog.querySelector("[name=enabled]");

  function draw() {
    enabled.checked = keys.isEnabled();
    for (const button of dialog.querySelectorAll("[data-binds]")) {
      const key = printed(keys.keyFor(button.dataset.binds));
      button.setAttribute("aria-label", t("Key for {act}: {key}. Press to change.", { act: button.dataset.label, key }));
      button.replaceChildren(el("kbd", {}, key));
    }
  }

  function capture(act, button) {
    button.textContent = t("press a key");
    button.addEventListener("keydown", (event) => {
      if (event.key === "Tab" || event.key === "Shift") return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key !== "Escape") bind(act, nameOf(event));
      draw();
    }, { once: true });
  }

  function bind(act, key) {
    for (const [name, bound] of Object.entries(changes)) if (bound === key && name !== act) delete changes[name];
    changes[act] = key;
    save();
  }

  function save() {
    keys.rebuild();
    post("/review/keys", changes).catch(() => {});
    onChange();
  }

  enabled.addEventListener("change", () => {
    changes.enabled = enabled.checked;
    save();
  });
  dialog.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-binds]");
    if (button) capture(button.dataset.binds, button);
    else if (target.dataset.act === "reset") {
      for (const name of Object.keys(changes)) delete changes[name];
      save();
      draw();
    }
  });
  return () => {
    draw();
    dialog.showModal();
  };
}
