// The average colours around a place and how far they are apart: what to compare where colour is the doubt, because no screen can be
// trusted with it. Colour difference: CIEDE2000 (CIE 142:2001), as Sharma, Wu and Dalal (2005) write it out.
import { t } from "../../core/words.js";
import { find, measured } from "./dom.js";

const SIDE_PX = 24;
const WHITE_D65 = [0.95047, 1, 1.08883];
const { abs, atan2, cos, exp, hypot, sin, sqrt, PI } = Math;

function averageAt(image, [x, y]) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const within = (share, length) => Math.min(Math.max(0, share * length - SIDE_PX / 2), length - SIDE_PX);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, within(x, image.naturalWidth), within(y, image.naturalHeight), SIDE_PX, SIDE_PX, 0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function labOf(colour) {
  const [r, g, b] = colour.map((one) => (one > 10.31475 ? ((one / 255 + 0.055) / 1.055) ** 2.4 : one / 255 / 12.92));
  const xyz = [0.4124564 * r + 0.3575761 * g + 0.1804375 * b, 0.2126729 * r + 0.7151522 * g + 0.072175 * b, 0.0193339 * r + 0.119192 * g + 0.9503041 * b];
  const [x, y, z] = xyz.map((one, place) => one / WHITE_D65[place]).map((one) => (one > 216 / 24389 ? Math.cbrt(one) : (one * 24389) / 27 / 116 + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

// Angles in radians.
export function difference([l1, a1, b1], [l2, a2, b2]) {
  const chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2;
  const stretch = 1.5 - 0.5 * sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7));
  const [c1, c2] = [hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)];
  const [h1, h2] = [atan2(b1, a1 * stretch), atan2(b2, a2 * stretch)].map((hue) => (hue < 0 ? hue + 2 * PI : hue));
  const isGrey = c1 * c2 === 0;
  const turn = isGrey ? 0 : abs(h2 - h1) <= PI ? h2 - h1 : h2 - h1 + (h2 > h1 ? -2 * PI : 2 * PI);
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const h = isGrey ? h1 + h2 : abs(h1 - h2) <= PI ? (h1 + h2) / 2 : (h1 + h2 + (h1 + h2 < 2 * PI ? 2 * PI : -2 * PI)) / 2;
  const weight = 1 - 0.17 * cos(h - PI / 6) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + PI / 30) - 0.2 * cos(4 * h - (63 * PI) / 180);
  const dl = (l2 - l1) / (1 + (0.015 * (l - 50) ** 2) / sqrt(20 + (l - 50) ** 2));
  const dc = (c2 - c1) / (1 + 0.045 * c);
  const dh = (2 * sqrt(c1 * c2) * sin(turn / 2)) / (1 + 0.015 * c * weight);
  const lean = (PI / 3) * exp(-((((h * 180) / PI - 275) / 25) ** 2));
  return sqrt(dl ** 2 + dc ** 2 + dh ** 2 - 2 * sqrt(c ** 7 / (c ** 7 + 25 ** 7)) * sin(lean) * dc * dh);
}

export function showSwatches({ original, result }, place) {
  const colours = [averageAt(original, place), averageAt(result, place)];
  const [left, right] = [find("loupe-original"), find("loupe-result")];
  for (const [figure, colour] of [[left, colours[0]], [right, colours[1]]]) figure.firstElementChild.style.setProperty("background-color", `rgb(${colour.join(" ")})`);
  right.lastElementChild.textContent = t("Result colour, {difference} here", { difference: measured(difference(...colours.map(labOf)), "dE00") });
}
