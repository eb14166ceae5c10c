// What the user did and the server has not confirmed. Kept in the browser's database, so that a closed tab or a dead server loses
// nothing; sent in order, again and again until answered. The server takes every entry once, so a repeat does no harm.
import { afterPaint } from "./paint.js";

const RETRY_MS = [500, 1000, 2000, 5000, 15000, 30000];

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function openStore(name) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("entries", { keyPath: "key" });
  const database = await done(opening);
  const entries = (mode) => database.transaction("entries", mode).objectStore("entries");
  return {
    all: () => done(entries("readonly").getAll()),
    put: (entry) => done(entries("readwrite").put(entry)),
    drop: (key) => done(entries("readwrite").delete(key)),
  };
}

// Private windows of some browsers have no database: then memory has to do.
const inMemory = { all: async () => [], put: async () => {}, drop: async () => {} };

// send(entries) -> number of entries, from the first, that are answered for good; throws to be tried again later.
export async function openOutbox(name, { send, onChange }) {
  const store = await openStore(name).catch(() => inMemory);
  const waiting = (await store.all().catch(() => [])).sort((a, b) => a.key - b.key);
  let last = waiting.at(-1)?.key ?? 0;
  let tries = 0;
  let timer = null;
  let sending = false;

  async function flush() {
    if (sending || !waiting.length) return;
    clearTimeout(timer);
    sending = true;
    try {
      const taken = await send([...waiting]);
      for (const entry of waiting.splice(0, taken)) await store.drop(entry.key).catch(() => {});
      tries = 0;
    } catch (error) {
      timer = setTimeout(flush, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
      tries += 1;
      onChange({ unsent: waiting.length, error });
      return;
    } finally {
      sending = false;
    }
    onChange({ unsent: waiting.length, error: null });
    if (waiting.length) flush();
  }
  addEventListener("online", flush);
  // A hidden page paints nothing more.
  document.addEventListener("visibilitychange", flush);
  return {
    add(entry) {
      last = Math.max(last + 1, Date.now());
      const kept = { ...entry, key: last };
      waiting.push(kept);
      store.put(kept).catch(() => {});
      onChange({ unsent: waiting.length, error: null });
      afterPaint(flush);
    },
    flush,
    get entries() {
      return waiting;
    },
  };
}
