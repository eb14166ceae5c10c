// Pictures side by side that are zoomed and moved as one: what is seen of one is seen of all.
import { createKeys } from "../core/keys.js";
import { language } from "../core/words.js";

const [CLOSEST, STEP] = [16, 1.5];
// Of what is seen, at one press of an arrow.
const MOVE = 0.15;
const ACTS = { in: ["+", "="], out: ["-"], fit: ["0"], left: ["ArrowLeft"], right: ["ArrowRight"], up: ["ArrowUp"], down: ["ArrowDown"] };
const all = document.getElementById("compare");
const zooms = document.getElementById("zooms");
const share = new Intl.NumberFormat(language, { style: "percent" });
// Magnified so often around a point, in shares of a pane.
let zoom = { k: 1, x: 0.5, y: 0.5 };

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

function set({ k, x, y }) {
  zoom = { k: clamp(k, 1, CLOSEST), x: clamp(x, 0, 1), y: clamp(y, 0, 1) };
  for (const [name, value] of [["--k", zoom.k], ["--x", `${100 * zoom.x}%`], ["--y", `${100 * zoom.y}%`]]) all.style.setProperty(name, value);
  all.classList.toggle("zoomed", zoom.k > 1);
  document.getElementById("zoom").textContent = share.format(zoom.k);
}

// What lies under the pointer stays there.
function zoomBy(factor, [px, py] = [zoom.x, zoom.y]) {
  const k = clamp(zoom.k * factor, 1, CLOSEST);
  const around = (p, o) => (k === 1 ? 0.5 : (k * (o + (p - o) / zoom.k) - p) / (k - 1));
  set({ k, x: around(px, zoom.x), y: around(py, zoom.y) });
}

// By shares of a pane on the screen. False where all is seen already.
function moveBy(dx, dy) {
  if (zoom.k === 1) return false;
  set({ k: zoom.k, x: zoom.x - dx / (zoom.k - 1), y: zoom.y - dy / (zoom.k - 1) });
  return true;
}

const DO = {
  in: () => zoomBy(STEP), out: () => zoomBy(1 / STEP), fit: () => set({ k: 1, x: 0.5, y: 0.5 }),
  left: () => moveBy(MOVE, 0), right: () => moveBy(-MOVE, 0), up: () => moveBy(0, MOVE), down: () => moveBy(0, -MOVE),
};

const placeIn = (box, event) => [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
for (const pane of all.querySelectorAll("figure.pane")) {
  pane.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY * 0.0015), placeIn(pane.getBoundingClientRect(), event));
  }, { passive: false });
  pane.addEventListener("dblclick", (event) => (zoom.k > 1 ? DO.fit() : zoomBy(4, placeIn(pane.getBoundingClientRect(), event))));
  pane.addEventListener("pointerdown", (event) => !event.button && zoom.k > 1 && pane.setPointerCapture(event.pointerId));
  pane.addEventListener("pointermove", (event) => {
    if (!pane.hasPointerCapture(event.pointerId)) return;
    const { width, height } = pane.getBoundingClientRect();
    moveBy(event.movementX / width, event.movementY / height);
  });
}
zooms.hidden = false;
DO.fit();
zooms.addEventListener("click", ({ target }) => DO[target.closest("[data-act]")?.dataset.act]?.());
createKeys({ acts: ACTS, run: (act) => DO[act]() });
