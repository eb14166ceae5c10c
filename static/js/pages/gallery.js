// The gallery: tiles of three sizes, remembered here, and keys that move along them.
import { createGrid, GRID_KEYS } from "../core/grid.js";

const KEY = "gallery-tiles";
const list = document.querySelector(".gallery .tiles");
const sizes = document.getElementById("sizes");
const { moves } = createGrid(() => [...list.querySelectorAll(".tile")]);

function show(size) {
  list.classList.remove("small", "large");
  if (size) list.classList.add(size);
  for (const button of sizes.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === size));
}

if (list) {
  const remembered = localStorage.getItem(KEY) ?? "";
  show(["small", "large"].includes(remembered) ? remembered : "");
  sizes.hidden = false;
  sizes.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    localStorage.setItem(KEY, button.value);
    show(button.value);
  });
  list.addEventListener("focusin", ({ target }) => {
    for (const tile of list.querySelectorAll(".tile")) tile.tabIndex = tile === target.closest(".tile") ? 0 : -1;
  });
  list.addEventListener("keydown", (event) => {
    const move = Object.keys(GRID_KEYS).find((name) => GRID_KEYS[name].includes(event.key));
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moves[move]();
  });
}
