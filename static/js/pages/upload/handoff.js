// Files dropped on any page are handed to New batch: kept by the browser itself while the page changes, then taken out.
import { fromDrop } from "./collect.js";

const [DATABASE, STORE, PAGE] = ["firstpass", "dropped", "/batches/new"];

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const finished = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onerror = transaction.onabort = () => reject(transaction.error);
});

async function carry(files) {
  const database = await open();
  const transaction = database.transaction(STORE, "readwrite");
  const store = transaction.objectStore(STORE);
  store.clear();
  for (const one of files) store.add(one);
  await finished(transaction);
  database.close();
}

// The files of a drop on another page; none when the page was opened in another way.
export async function claim() {
  if (location.hash !== "#dropped") return [];
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const database = await open();
    const transaction = database.transaction(STORE, "readwrite");
    const request = transaction.objectStore(STORE).getAll();
    transaction.objectStore(STORE).clear();
    await finished(transaction);
    database.close();
    return request.result;
  } catch {
    return [];
  }
}

// For every page; New batch takes its drops itself.
export function acceptDrops() {
  if (document.getElementById("new-batch")) return;
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  addEventListener("drop", async (event) => {
    if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented) return;
    event.preventDefault();
    const files = await fromDrop(event.dataTransfer);
    if (!files.length) return;
    await carry(files).catch(() => null);
    location.href = `${PAGE}#dropped`;
  });
}
