import { t } from "../../core/words.js";
import { el, find, svg } from "./dom.js";

const MAX_ZOOM = 24;
const BACKDROPS = ["checker", "white", "grey", "black"];
const ALIGNED_VIEWS = ["compare", "matte", "diff"];
// More would hide the picture; the others show when chosen.
const MARKED_AT_ONCE = 3;
const BRACKET_PX = 26;
const LEAST_BOX_PX = 44;
const RULED = ["FILL", "CENTRE", "MARGIN"];
const PIN_PX = 24;
const RIM_PX = 4;
const STEP_PX = 80;
const WHOLE = { k: 1, x: 0.5, y: 0.5 };

export function createStage({ onView }) {
  const stage = find("stage");
  const frame = find("frame");
  const top = find("top");
  const marks = find("marks");
  const swatches = document.querySelectorAll("[data-backdrop-choice]");
  let item = null;
  let natural = [1, 1];
  let view = "result";
  let chosen = -1;
  let pinned = null;
  let marked = true;
  let zoom = WHOLE;
  let rulers = null;
  let whole = null;

  // Asking at each picture would lay out the page twice.
  let box = null;
  const size = () => (box ??= [stage.clientWidth, stage.clientHeight]);
  const fitScale = () => Math.min((size()[0] - 24) / natural[0], (size()[1] - 24) / natural[1]);

  function layout() {
    const [width, height] = size();
    const fit = fitScale();
    const w = natural[0] * fit * zoom.k;
    const h = natural[1] * fit * zoom.k;
    const left = width / 2 - zoom.x * w;
    const above = height / 2 - zoom.y * h;
    frame.style.setProperty("inline-size", `${natural[0] * fit}px`);
    frame.style.setProperty("block-size", `${natural[1] * fit}px`);
    frame.style.setProperty("transform", `translate(${left}px, ${above}px) scale(${zoom.k})`);
    frame.style.setProperty("--k", zoom.k);
    drawMarks(left, above, w, h);
    if (item && zoom.k > 1) lookDeeper(item, fit * zoom.k * devicePixelRatio);
  }

  // Past the pixels of what is shown the whole file is asked for, once for each picture.
  async function lookDeeper(shown, scale) {
    if (scale <= 1 || whole === shown) return;
    whole = shown;
    const { showWhole } = await import("./deep.js").catch(() => ({}));
    showWhole?.(shown, () => item === shown && whole === shown);
  }

  function drawMarks(left, above, w, h) {
    const shown = marked && item ? item.doubts : [];
    const pins = [];
    const corners = shown.flatMap((doubt, place) => {
      if (!doubt.box || (chosen >= 0 ? place !== chosen : place >= MARKED_AT_ONCE)) return [];
      return bracket(doubt.box, place, [left, above, w, h], pins);
    });
    marks.replaceChildren(...ruled(shown[Math.max(chosen, 0)], [left, above, w, h]), ...corners, ...pins.flatMap((pin) => pin.nodes));
  }

  function ruled(doubt, place) {
    if (!doubt?.box || !RULED.includes(doubt.code)) return [];
    if (!rulers) import("./rulers.js").then((module) => (({ rulers } = module), layout()), () => {});
    return rulers?.(doubt.box, place, [item.rendition.w, item.rendition.h]) ?? [];
  }

  function bracket([bx, by, bw, bh], place, [left, above, w, h], pins) {
    // Corners stay in sight at the border.
    const [x, wide] = within(left + bx * w, bw * w, size()[0]);
    const [y, high] = within(above + by * h, bh * h, size()[1]);
    const a = Math.min(BRACKET_PX, wide / 3, high / 3);
    const d = `M${x} ${y + a}V${y}h${a}M${x + wide - a} ${y}h${a}v${a}M${x + wide} ${y + high - a}v${a}h${-a}M${x + a} ${y + high}h${-a}v${-a}`;
    const lines = ["key-light", "key-dark", "key-doubt"].map((name) => svg("path", { d, class: name }));
    const py = Math.max(14, y);
    let px = Math.max(14, x);
    while (pins.some((pin) => Math.hypot(pin.px - px, pin.py - py) < PIN_PX)) px += PIN_PX;
    pins.push({ px, py, nodes: [svg("circle", { cx: px, cy: py, r: 11, class: "pin" }), svg("text", { x: px, y: py + 4.5, class: "pin-text" }, String(place + 1))] });
    return lines;
  }

  function fill(result, original, previous = null) {
    for (const [id, image] of Object.entries({ result, original, previous })) find(`${id}-box`).replaceChildren(...(image ? [image] : []));
  }

  function within(from, length, room) {
    const [middle, half, rim] = [from + length / 2, Math.max(length, LEAST_BOX_PX) / 2, zoom.k > 1 ? -Infinity : RIM_PX];
    const begin = Math.max(rim, middle - half);
    return [begin, Math.min(room - rim, middle + half) - begin];
  }

  function show(next, nodes) {
    item = next;
    whole = null;
    chosen = -1;
    zoom = WHOLE;
    const ready = nodes.result.complete && nodes.result.naturalWidth > 0;
    natural = ready ? [nodes.result.naturalWidth, nodes.result.naturalHeight] : [item.rendition.w || 1, item.rendition.h || 1];
    fill(nodes.result, nodes.original);
    stage.dataset.kind = item.rendition.kind;
    stage.toggleAttribute("data-waiting", !ready);
    if (!ready) waitFor(nodes.result, next);
    frame.style.setProperty("--result", `url("${item.img.result}")`);
    setHeat(item.doubts[0]?.heat);
    setView("result");
    setBackdrop();
    layout();
  }

  function waitFor(image, shown) {
    const thumb = find("thumb");
    thumb.hidden = true;
    // Only if the picture is not there in a blink.
    setTimeout(() => {
      if (item !== shown || !shown.img.thumb) return;
      thumb.src = shown.img.thumb;
      thumb.hidden = !stage.hasAttribute("data-waiting");
    }, 100);
    image.addEventListener("load", () => {
      if (item !== shown) return;
      natural = [image.naturalWidth, image.naturalHeight];
      stage.removeAttribute("data-waiting");
      layout();
    }, { once: true });
  }

  function setHeat(url) {
    frame.style.setProperty("--heat", url ? `url("${url}")` : "none");
  }

  const may = (name) => {
    if (!item) return false;
    if (ALIGNED_VIEWS.includes(name)) return item.rendition.kind === "cutout" && (name === "matte" || Boolean(item.img.original));
    if (name === "original") return Boolean(item.img.original);
    if (name === "heat") return item.doubts.some((doubt) => doubt.heat);
    return name === "result" || Boolean(item.img.previous);
  };

  function setView(name) {
    if (!may(name)) return false;
    if (name === "previous" && !find("previous-box").firstChild) {
      find("previous-box").replaceChildren(el("img", { src: item.img.previous, alt: t("previous attempt") }));
    }
    // Matte once more lifts faint residue.
    const boost = name === "matte" && view === "matte" && !stage.hasAttribute("data-boost");
    stage.toggleAttribute("data-boost", boost);
    view = name;
    stage.dataset.view = name;
    onView(name, { boost });
    return true;
  }

  function setBackdrop() {
    const { code, backdrop: wanted = "spec" } = item?.doubts[Math.max(chosen, 0)] ?? {};
    const backdrop = (stage.dataset.backdrop = pinned ?? (wanted === "spec" ? "checker" : wanted));
    stage.toggleAttribute("data-colour", code === "COLOUR_DRIFT");
    for (const button of swatches) button.setAttribute("aria-pressed", String(button.dataset.backdropChoice === backdrop));
    find("automatic").setAttribute("aria-pressed", String(!pinned));
  }

  function pinBackdrop(name) {
    pinned = name;
    setBackdrop();
  }

  function zoomTo(place) {
    const doubt = item?.doubts[place];
    if (!doubt) return false;
    const again = chosen === place && isZoomed();
    chosen = again ? -1 : place;
    const [x, y] = doubt.worst ?? [0.5, 0.5];
    const [, , bw, bh] = doubt.box ?? [0, 0, 1, 1];
    const least = 2 / (fitScale() * devicePixelRatio);
    const wanted = Math.min(0.5 / Math.max(bw, bh, 0.02), Math.max(least, 2));
    zoom = again || !doubt.worst ? WHOLE : { k: clamp(wanted, 1, MAX_ZOOM), x, y };
    setHeat(doubt.heat);
    setBackdrop();
    layout();
    return true;
  }

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  // Keeps the point under the pointer where it is.
  function zoomBy(factor, at = null) {
    const [width, height] = size();
    const k = clamp(zoom.k * factor, 1, MAX_ZOOM);
    const [w, h] = natural.map((side) => side * fitScale());
    const still = 1 / zoom.k - 1 / k;
    const [x, y] = at ? [((at[0] - width / 2) / w) * still, ((at[1] - height / 2) / h) * still] : [0, 0];
    zoom = k === 1 ? WHOLE : { k, x: clamp(zoom.x + x, 0, 1), y: clamp(zoom.y + y, 0, 1) };
    layout();
  }

  function panBy(dx, dy) {
    const fit = fitScale() * zoom.k;
    zoom = { ...zoom, x: clamp(zoom.x - dx / (natural[0] * fit), 0, 1), y: clamp(zoom.y - dy / (natural[1] * fit), 0, 1) };
    layout();
  }

  const isZoomed = () => zoom.k > 1.01;

  // False where there is nowhere to go: all of the picture is seen.
  function step(x, y) {
    if (isZoomed()) panBy(x * STEP_PX, y * STEP_PX);
    return isZoomed();
  }

  function fit() {
    chosen = -1;
    zoom = WHOLE;
    layout();
  }

  new ResizeObserver(() => {
    box = null;
    if (item) layout();
  }).observe(stage);

  return {
    show, setView, may, zoomTo, zoomBy, panBy, step, isZoomed, pinBackdrop, fit,
    clear() {
      item = null;
      marks.replaceChildren();
      fill(null, null);
    },
    cut: (share) => top.style.setProperty("--cut", `${share}%`),
    nextBackdrop: () => pinBackdrop(BACKDROPS[(BACKDROPS.indexOf(stage.dataset.backdrop) + 1) % BACKDROPS.length]),
    toggleMarks() {
      marked = !marked;
      layout();
    },
    get view() {
      return view;
    },
    get chosen() {
      return chosen;
    },
  };
}
