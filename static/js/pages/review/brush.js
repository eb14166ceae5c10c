// Fixing the matte by hand: strokes that keep, remove or soften, painted over the picture and sent as strokes, not as pixels. The
// server puts them on the full-size matte and lets the edge follow the photo; what is seen here is a preview.
import { announce } from "../../core/page.js";
import { nameOf } from "../../core/keys.js";
import { plural, t } from "../../core/words.js";
import { el, find } from "./dom.js";

const TOOLS = { keep: [t("Keep"), "k"], remove: [t("Remove"), "r"], soften: [t("Soften"), "s"] };
const BACKGROUNDS = ["photo", "black", "white"];
const SMALLEST_PX = 3;
const LARGEST_PX = 160;
const UNDO_DEEP = 30;
const SOFT = "rgb(60 110 255 / 0.5)";

// onSave({strokes, approve}) takes the result; onClose is called either way.
export function openBrush({ stage, view, item, nodes, onSave, onClose }) {
  const { naturalWidth: width, naturalHeight: height } = nodes.result;
  const long = Math.max(width, height);
  const canvas = el("canvas", { class: "layer paint", width, height, "aria-label": t("Matte to paint on"), role: "img" });
  const ring = el("span", { class: "brush-ring", hidden: true });
  const pen = canvas.getContext("2d");
  const strokes = [];
  const fingers = new Map();
  const buttons = {};
  let tool = "remove";
  let sizePx = 24;
  let background = 0;
  let stroke = null;
  let pinch = null;
  let panning = false;
  let holding = false;

  const photo = pen.createPattern(nodes.original, "no-repeat");
  photo.setTransform(new DOMMatrix().scale(width / nodes.original.naturalWidth, height / nodes.original.naturalHeight));

  // ---------------------------------------------------------------- drawing
  function style(kind, radius) {
    pen.globalCompositeOperation = { keep: "source-over", remove: "destination-out", soften: "source-atop" }[kind];
    pen.strokeStyle = pen.fillStyle = { keep: photo, remove: "#000", soften: SOFT }[kind];
    pen.lineWidth = 2 * radius * long;
    pen.lineCap = pen.lineJoin = "round";
  }

  function draw(one, from = 0) {
    style(one.tool, one.radius);
    const points = one.points.slice(Math.max(0, from - 1)).map(([x, y]) => [x * width, y * height]);
    pen.beginPath();
    if (points.length === 1) {
      pen.arc(...points[0], one.radius * long, 0, 7);
      pen.fill();
    } else {
      points.forEach((point, place) => (place ? pen.lineTo(...point) : pen.moveTo(...point)));
      pen.stroke();
    }
  }

  function drawAll() {
    pen.globalCompositeOperation = "copy";
    pen.drawImage(nodes.result, 0, 0, width, height);
    strokes.forEach((one) => draw(one));
    buttons.undo.disabled = !strokes.length;
    buttons.save.disabled = buttons.approve.disabled = !strokes.length;
  }

  // ---------------------------------------------------------------- strokes
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const onScreen = () => Math.max(...Object.values((({ width: w, height: h }) => ({ w, h }))(canvas.getBoundingClientRect())));
  const radiusNow = (event) => Math.min(0.25, (sizePx * (event.pointerType === "pen" && event.pressure ? 0.4 + 1.2 * event.pressure : 1)) / onScreen());
  const round = (number) => Math.round(number * 1e5) / 1e5;

  function begin(event) {
    stroke = { tool, radius: round(radiusNow(event)), points: [] };
    const last = strokes.at(-1)?.points.at(-1);
    if (event.shiftKey && last) stroke.points.push(last);
    strokes.push(stroke);
    extend(event);
  }

  function extend(event) {
    const before = stroke.points.length;
    for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const [x, y] = place(one);
      const last = stroke.points.at(-1);
      const far = last ? Math.hypot((x - last[0]) * width, (y - last[1]) * height) : Infinity;
      if (far > Math.max(1, 0.15 * stroke.radius * long)) stroke.points.push([round(x), round(y)]);
    }
    if (stroke.points.length > before) draw(stroke, before);
    buttons.undo.disabled = buttons.save.disabled = buttons.approve.disabled = false;
  }

  function undo() {
    strokes.pop();
    drawAll();
  }

  // ---------------------------------------------------------------- pointer
  function onDown(event) {
    event.stopPropagation();
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 2) {
      // The second finger: what the first began was no stroke.
      if (stroke && stroke === strokes.at(-1)) undo();
      stroke = null;
      pinch = spreadOf();
    } else if (fingers.size === 1) {
      panning = event.button > 0 || holding;
      if (!panning) begin(event);
    }
  }

  const spreadOf = () => {
    const [a, b] = [...fingers.values()];
    return { wide: Math.hypot(a[0] - b[0], a[1] - b[1]), x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
  };

  function onMove(event) {
    event.stopPropagation();
    moveRing(event);
    const before = fingers.get(event.pointerId);
    if (!before) return;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (pinch && fingers.size === 2) {
      const now = spreadOf();
      const box = stage.getBoundingClientRect();
      view.zoomBy(now.wide / pinch.wide, [now.x - box.left, now.y - box.top]);
      view.panBy(now.x - pinch.x, now.y - pinch.y);
      pinch = now;
    } else if (panning) view.panBy(event.clientX - before[0], event.clientY - before[1]);
    else if (stroke) extend(event);
  }

  function onUp(event) {
    event.stopPropagation();
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    if (fingers.size) return;
    if (stroke && strokes.length % UNDO_DEEP === 0) announce(plural(strokes.length, "{n} stroke", "{n} strokes"));
    stroke = null;
    panning = false;
  }

  function moveRing(event) {
    const box = stage.getBoundingClientRect();
    ring.hidden = event.pointerType === "touch";
    ring.style.setProperty("inline-size", `${2 * sizePx}px`);
    ring.style.setProperty("transform", `translate(${event.clientX - box.left - sizePx}px, ${event.clientY - box.top - sizePx}px)`);
  }

  // ---------------------------------------------------------------- tools
  function choose(name) {
    tool = name;
    for (const one of Object.keys(TOOLS)) buttons[one].setAttribute("aria-pressed", String(one === name));
    ring.dataset.tool = name;
    announce(TOOLS[name][0]);
  }

  function resize(factor) {
    sizePx = Math.min(LARGEST_PX, Math.max(SMALLEST_PX, sizePx * factor));
    size.value = sizePx;
    ring.style.setProperty("inline-size", `${2 * sizePx}px`);
  }

  function nextBackground() {
    background = (background + 1) % BACKGROUNDS.length;
    stage.dataset.under = BACKGROUNDS[background];
  }

  function save(approve) {
    if (!strokes.length) return announce(t("Nothing is painted yet."));
    const painted = strokes.map((one) => ({ ...one }));
    close();
    onSave({ strokes: painted, approve });
  }

  const KEYS = {
    k: () => choose("keep"), r: () => choose("remove"), s: () => choose("soften"), 1: () => choose("keep"), 2: () => choose("remove"), 3: () => choose("soften"),
    "[": () => resize(1 / 1.25), "]": () => resize(1.25), z: undo, b: nextBackground, Enter: () => save(true), "Shift+Enter": () => save(false), Escape: () => close(),
    "+": () => view.zoomBy(1.5), "=": () => view.zoomBy(1.5), "-": () => view.zoomBy(1 / 1.5), 0: () => view.fit(),
    ArrowLeft: () => view.step(1, 0), ArrowRight: () => view.step(-1, 0), ArrowUp: () => view.step(0, 1), ArrowDown: () => view.step(0, -1),
  };

  // Before all other keys: nothing is decided by accident while the brush is out.
  function onKey(event) {
    if (event.type === "keyup") {
      if (event.code === "Space") hold(false);
      return;
    }
    if (document.querySelector("dialog[open]") || event.key === "Tab" || event.key === "Shift") return;
    event.stopImmediatePropagation();
    const onButton = event.target.closest?.("button, input");
    if (onButton && ["Enter", " "].includes(event.key)) return;
    if (onButton?.type === "range" && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    if (event.code === "Space") hold(true);
    else KEYS[event.key === "Enter" && event.shiftKey ? "Shift+Enter" : nameOf(event)]?.();
  }

  function hold(is) {
    holding = is;
    canvas.toggleAttribute("data-peek", is);
  }

  const tool_ = (name, label, key, act, extra = {}) => (buttons[name] = el("button", { type: "button", onclick: act, ...extra }, `${label} `, key && el("kbd", {}, key)));
  const size = el("input", { type: "range", min: SMALLEST_PX, max: LARGEST_PX, value: sizePx, "aria-label": t("Brush size"), oninput: () => resize(size.value / sizePx) });
  const bar = el("div", { class: "tools brush-bar", role: "toolbar", "aria-label": t("Fix the matte") },
    el("span", { class: "group" }, ...Object.entries(TOOLS).map(([name, [label, key]]) => tool_(name, label, key.toUpperCase(), () => choose(name), { "aria-pressed": "false" }))),
    el("label", { class: "cut-at" }, size), el("span", { class: "faint nowrap" }, el("kbd", {}, "["), " ", el("kbd", {}, "]")),
    el("span", { class: "group" }, tool_("under", t("Behind"), "B", nextBackground), tool_("undo", t("Undo"), "Z", undo), tool_("cancel", t("Cancel"), t("Esc"), () => close())),
    el("span", { class: "group brush-save" }, tool_("save", t("Save"), "⇧⏎", () => save(false)), tool_("approve", t("Save and approve"), "⏎", () => save(true), { class: "yes" })));

  function close() {
    for (const kind of ["keydown", "keyup"]) removeEventListener(kind, onKey, true);
    for (const node of [canvas, ring, bar]) node.remove();
    delete stage.dataset.under;
    stage.closest(".room").removeAttribute("data-painting");
    stage.focus({ preventScroll: true });
    onClose();
  }

  for (const kind of ["keydown", "keyup"]) addEventListener(kind, onKey, true);
  canvas.addEventListener("pointerdown", onDown);
  canvas.addEventListener("pointermove", onMove);
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, onUp);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", (event) => event.stopPropagation());
  canvas.addEventListener("pointerleave", () => (ring.hidden = true));
  stage.closest(".room").setAttribute("data-painting", "");
  stage.dataset.under = BACKGROUNDS[0];
  find("frame").append(canvas);
  stage.append(ring);
  stage.after(bar);
  choose(tool);
  drawAll();
  stage.focus({ preventScroll: true });
  announce(t("Fix the matte of {sku}. K keeps, R removes, S softens, Enter saves and approves, Escape cancels.", { sku: item.product.sku }));
  return { close };
}
