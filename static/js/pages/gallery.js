// The gallery: tiles of three sizes, remembered here, keys that move along them, and a selection.
import { createGrid, GRID_KEYS } from "../core/grid.js";
import { createSelection } from "./gallery_selection.js";

const KEY = "gallery-tiles";
const list = document.querySelector(".gallery .tiles");
const sizes = document.getElementById("sizes");
const bar = document.getElementById("selection");
const tiles = () => [...list.querySelectorAll(".tile")];
const { moves } = createGrid(tiles);

// Space selects, Shift reaches from there to here, Ctrl+A takes all that is loaded, Escape nothing; C compares, T tags.
function select(selection, event) {
  const place = tiles().indexOf(event.target);
  if ((event.ctrlKey || event.metaKey) && event.key === "a") selection.all();
  else if (event.key === " " && place >= 0) event.shiftKey ? selection.reach(place) : selection.toggle(place);
  else if (event.key === "Escape") selection.clear();
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === "c") selection.compare();
  else if (event.key === "t") selection.tag();
  else return;
  event.preventDefault();
}

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
    for (const one of list.querySelectorAll(".tile, .pick")) one.tabIndex = target.closest("li").contains(one) ? 0 : -1;
  });
  for (const box of list.querySelectorAll("li:not(:first-child) > .pick")) box.tabIndex = -1;
  const selection = bar && createSelection(list, bar);
  list.addEventListener("keydown", (event) => {
    if (selection) select(selection, event);
    const move = Object.keys(GRID_KEYS).find((name) => GRID_KEYS[name].includes(event.key));
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moves[move]();
    if (event.shiftKey) selection?.reach(tiles().indexOf(document.activeElement));
  });
}
