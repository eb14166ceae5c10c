import { post } from "../../core/api.js";
import { t } from "../../core/words.js";

const API = "/api/v1/review/";
const CLAIM = 12;
const TOP_UP_AT = 4;
const FETCH_AHEAD = 8;
const DECODE_AHEAD = 2;
const KEEP_BEHIND = 3;
const KEEP_DECIDED = 50;
const HEARTBEAT_MS = 60_000;
const IDLE_MS = 180_000;
// The lease is five minutes.
const LAPSES_MS = 220_000;

const picture = (src, name, alt) => Object.assign(new Image(), { className: name, alt, decoding: "sync", draggable: false, src });

export function createLead({ queue, isPending, onClaimed, onError, onLapsing }) {
  const items = [];
  const prepared = new Map();
  let left = 0;
  let held = [];
  let claiming = null;
  let decoding = null;
  let first = true;
  let leaseUntil;
  let renewed = 0;
  let touched = Date.now();

  const undecided = () => items.filter((item) => !item.verdict);
  const inHand = () => undecided().map((item) => item.id);

  // To be judged after this one: to the end, then from the beginning.
  const after = (from) => {
    const at = items.indexOf(from);
    return [...items.slice(at + 1), ...items.slice(0, Math.max(at, 0))].filter((item) => !item.verdict);
  };

  function topUp() {
    if (claiming || undecided().length > TOP_UP_AT) return claiming;
    claiming = post(`${API}claim`, { queue, n: CLAIM, resume: first, without: inHand() })
      .then((answer) => {
        first = false;
        leaseUntil = answer.items.at(-1)?.lease_until ?? leaseUntil;
        ({ left, held } = answer);
        renewed = Date.now();
        const fresh = answer.items.filter((item) => !isPending(item.id));
        for (const item of fresh) {
          const old = items.findIndex((one) => one.id === item.id);
          if (old >= 0) items.splice(old, 1);
        }
        // What was made again comes next, behind what is decoded already.
        const next = undecided()[DECODE_AHEAD];
        items.splice(next ? items.indexOf(next) : items.length, 0, ...fresh.filter(({ attempt }) => attempt > 1));
        items.push(...fresh.filter(({ attempt }) => attempt < 2));
        claiming = null;
        onClaimed();
      })
      .catch((error) => {
        claiming = null;
        onError(error);
      });
    return claiming;
  }

  function prepare(item) {
    let nodes = prepared.get(item.id);
    if (!nodes) {
      const name = `${item.product.sku}, ${item.rendition.role}`;
      const result = picture(item.img.result, "result", t("{name}, result", { name }));
      result.setAttribute("elementtiming", "result");
      const { orig, result: crop } = item.loupe?.[0] ?? {};
      // So that the loupe is there when they are.
      const crops = crop && crop !== item.img.result ? [picture(orig, "", ""), picture(crop, "", "")] : [];
      nodes = { result, crops, original: item.img.original ? picture(item.img.original, "original", t("{name}, original photo", { name })) : null };
      prepared.set(item.id, nodes);
    }
    return nodes;
  }

  // One after the other: at once they would take the cores from each other and from the screen.
  async function decode(ahead) {
    const mine = (decoding = ahead);
    for (const { result, original, crops } of ahead)
      for (const image of [result, ...(crops.length ? crops : [original])]) {
        if (mine !== decoding) return;
        await image?.decode().catch(() => {});
      }
  }

  // Decoded pictures are 10 MB each, so few are kept.
  function prefetch(current) {
    const at = items.indexOf(current);
    const ahead = after(current).slice(0, FETCH_AHEAD);
    decode(ahead.map(prepare).slice(0, DECODE_AHEAD));
    const behind = items.slice(Math.max(0, at - KEEP_BEHIND), at);
    const kept = new Set([current, ...ahead, ...behind].filter(Boolean).map((item) => item.id));
    for (const id of prepared.keys()) if (!kept.has(id)) prepared.delete(id);
  }

  function trim() {
    const decided = items.filter((item) => item.verdict);
    for (const item of decided.slice(0, -KEEP_DECIDED)) items.splice(items.indexOf(item), 1);
  }

  function tell(what, more, options) {
    const ids = inHand();
    if (!ids.length || first) return;
    post(API + what, { ids, ...more }, options).then((answer) => {
      leaseUntil = answer?.lease_until ?? leaseUntil;
      renewed = Date.now();
    }, () => {});
  }
  const isLapsing = () => !first && inHand().length > 0 && Date.now() - renewed >= LAPSES_MS;
  function touch() {
    touched = Date.now();
    if (isLapsing()) {
      tell("heartbeat");
      onLapsing(false);
    }
  }
  for (const kind of ["keydown", "pointerdown", "wheel"]) addEventListener(kind, touch, { passive: true, capture: true });
  setInterval(() => {
    if (!document.hidden && Date.now() - touched < IDLE_MS) tell("heartbeat");
    else if (isLapsing()) onLapsing(true);
  }, HEARTBEAT_MS);
  addEventListener("pagehide", () => tell("release", { lease_until: leaseUntil }, { keepalive: true }));
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  return {
    items, topUp, prepare, prefetch, trim, undecided,
    next: (from) => after(from)[0] ?? null,
    forget: (id) => prepared.delete(id),
    toEnd(item) {
      items.splice(items.indexOf(item), 1);
      items.push(item);
    },
    get left() {
      return left;
    },
    get held() {
      return held;
    },
    get claiming() {
      return claiming !== null;
    },
  };
}
