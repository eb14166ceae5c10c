import { post } from "../../core/api.js";
import { afterPaint } from "../../core/page.js";

const API = "/api/v1/review/";
const MOST = 50;
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
  // Committed in the same breath: a tab that is closed before the answer would take back what was not.
  const write = (act) => {
    const store = entries("readwrite");
    const request = act(store);
    store.transaction.commit();
    return done(request);
  };
  return {
    all: () => done(entries("readonly").getAll()),
    put: (entry) => write((store) => store.put(entry)),
    drop: (key) => write((store) => store.delete(key)),
  };
}

// Some private windows have no database.
const inMemory = { all: async () => [], put: async () => {}, drop: async () => {} };

// A conflict is an answer too.
async function forGood(url, body) {
  try {
    return await post(API + url, body);
  } catch (error) {
    if (error.status === 409 && error.body && !error.body.title) return error.body;
    throw error;
  }
}

export async function openOutbox(user, { onRefused, onChange }) {
  const store = await openStore(`firstpass-review-${user}`).catch(() => inMemory);
  const waiting = (await store.all().catch(() => [])).sort((a, b) => a.key - b.key);
  let last = waiting.at(-1)?.key ?? 0;
  let tries = 0;
  let timer = null;
  let sending = false;

  async function undo({ body }) {
    const answer = await forGood("undo", body);
    if (answer.status !== "ok") onRefused(body, answer.detail);
    return 1;
  }

  // What can never be taken is found alone: what is sent with it must not be lost.
  async function decide(batch) {
    try {
      const answers = await forGood("decisions", batch.map((entry) => entry.body));
      answers.forEach((answer, place) => answer.status !== "ok" && onRefused(batch[place].body, answer.detail));
      return batch.length;
    } catch (error) {
      if (error.status !== 422) throw error;
      if (batch.length > 1) return decide(batch.slice(0, 1));
      onRefused(batch[0].body, error.message);
      return 1;
    }
  }

  function send() {
    const other = waiting.findIndex((entry) => entry.kind !== "decision");
    return other ? decide(waiting.slice(0, other < 0 ? MOST : Math.min(other, MOST))) : undo(waiting[0]);
  }

  async function flush() {
    if (sending || !waiting.length) return;
    clearTimeout(timer);
    sending = true;
    let failure = null;
    try {
      for (const entry of waiting.splice(0, await send())) await store.drop(entry.key).catch(() => {});
      tries = 0;
    } catch (error) {
      failure = error;
      timer = setTimeout(flush, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
      tries += 1;
    }
    sending = false;
    onChange(waiting.length, failure);
    if (!failure) flush();
  }
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", flush);
  return {
    entries: waiting,
    flush,
    add(kind, body) {
      last = Math.max(last + 1, Date.now());
      const entry = { kind, body, key: last };
      waiting.push(entry);
      store.put(entry).catch(() => {});
      onChange(waiting.length, null);
      afterPaint(flush);
    },
  };
}
