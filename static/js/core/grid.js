// Keys of a grid of tiles: one of them is in the tab order, arrows, Home, End and Page keys move along rows and columns. Where the line
// runs from right to left, so do the arrows.
const PAGE_ROWS = 3;

export const GRID_KEYS = {
  left: ["ArrowLeft"], right: ["ArrowRight"], up: ["ArrowUp"], down: ["ArrowDown"], first: ["Home"], last: ["End"], pageUp: ["PageUp"], pageDown: ["PageDown"],
};

// all: () => the tiles as they stand now.
export function createGrid(all) {
  const at = () => Math.max(0, all().indexOf(document.activeElement));
  const line = () => (document.documentElement.dir === "rtl" ? -1 : 1);

  function columns() {
    const tiles = all();
    const top = (tile) => tile.getBoundingClientRect().top;
    const next = tiles.findIndex((tile) => top(tile) > top(tiles[0]) + 1);
    return next < 0 ? tiles.length : next;
  }

  function focus(place) {
    const tiles = all();
    const tile = tiles[Math.min(Math.max(place, 0), tiles.length - 1)];
    for (const one of tiles) one.tabIndex = one === tile ? 0 : -1;
    tile?.focus();
  }

  const moves = {
    left: () => focus(at() - line()), right: () => focus(at() + line()),
    up: () => focus(at() - columns()), down: () => focus(at() + columns()),
    first: () => focus(0), last: () => focus(all().length - 1),
    pageUp: () => focus(at() - PAGE_ROWS * columns()), pageDown: () => focus(at() + PAGE_ROWS * columns()),
  };
  return { focus, moves };
}
