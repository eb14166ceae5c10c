// Files out of a drop or a picker, with the folders they lay in. Nothing is read here, only listed.
const IGNORED = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini)(\/|$)/i;

export function fromInput(input) {
  return keep([...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

// The entries must be taken out of the event before the first await: afterwards the browser empties it.
export async function fromDrop(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.());
  if (!entries.length || entries.some((entry) => !entry)) return keep([...transfer.files].map((file) => ({ path: file.name, file })));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return keep(found);
}

async function walk(entry, found) {
  if (entry.isDirectory) {
    const reader = entry.createReader();
    // A browser hands out a folder in parts (100 at a time in Chromium); an empty part is the end.
    for (let part = await read(reader); part.length; part = await read(reader)) {
      for (const child of part) await walk(child, found);
    }
    return;
  }
  const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
  if (file) found.push({ path: entry.fullPath.replace(/^\//, ""), file });
}

const read = (reader) => new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
const keep = (files) => files.filter(({ path }) => !IGNORED.test(path));
