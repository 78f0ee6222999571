// What waits in this browser until the server is back. In clear stand who wrote an entry and with which key it is
// sealed; everything else only its author can open, with a key that lives in this page's memory and nowhere else.

const KEPT = "entries";
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Opens the store of a person, or throws: no key, no secure page, no space. */
export async function sealedStore(keyUrl, fetchKey) {
  if (!window.isSecureContext || !window.indexedDB) throw new Error("this browser keeps nothing here");
  const keys = new Map();
  const own = await keyOf("");
  const database = await opened();

  async function keyOf(id) {
    if (keys.has(id)) return keys.get(id);
    const answer = await fetchKey(id ? `${keyUrl}?id=${encodeURIComponent(id)}` : keyUrl, { headers: { "X-Background": "yes" } });
    if (!answer.ok || answer.redirected) throw new Error(`no key: ${answer.status}`);
    const told = await answer.json();
    const secret = await crypto.subtle.importKey("raw", bytesOf(told.key), "AES-GCM", false, ["encrypt", "decrypt"]);
    const key = { ...told, key: undefined, secret };
    keys.set(id, key).set(told.id, key);
    return key;
  }

  const bound = (row) => new TextEncoder().encode(`${row.person}:${row.keyId}`);

  async function sealed(entry) {
    const row = { person: own.person, name: own.name, keyId: own.id, iv: crypto.getRandomValues(new Uint8Array(12)) };
    const plain = new TextEncoder().encode(JSON.stringify(entry));
    const secret = await crypto.subtle.encrypt({ name: "AES-GCM", iv: row.iv, additionalData: bound(row) }, own.secret, plain);
    return { ...row, sealed: secret };
  }

  async function unsealed(row) {
    const { secret } = await keyOf(row.keyId);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: bound(row) }, secret, row.sealed);
    return { ...JSON.parse(new TextDecoder().decode(plain)), n: row.n, keyId: row.keyId };
  }

  return {
    person: own.person,
    /** Resolves with the entry's place in the queue once it is on the disk. */
    async add(entry) {
      const row = await sealed(entry);
      return written(database, (entries) => entries.add(row));
    },
    async change(entry) {
      const row = await sealed(entry);
      await written(database, (entries) => entries.put({ ...row, n: entry.n }));
    },
    remove: (n) => written(database, (entries) => entries.delete(n)),
    /** This person's entries in their order, and how many wait of whom else. */
    async all() {
      const rows = await read(database);
      const others = new Map();
      for (const row of rows) if (row.person !== own.person) others.set(row.person, { name: row.name, count: (others.get(row.person)?.count ?? 0) + 1 });
      const mine = [];
      for (const row of rows) if (row.person === own.person) mine.push(await unsealed(row));
      return { mine, others: [...others.values()] };
    },
  };
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("ketacare", 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(KEPT, { keyPath: "n", autoIncrement: true }));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function written(database, change) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(KEPT, "readwrite", { durability: "strict" });
    const request = change(transaction.objectStore(KEPT));
    transaction.addEventListener("complete", () => resolve(request.result));
    for (const failed of ["error", "abort"]) transaction.addEventListener(failed, () => reject(transaction.error));
  });
}

function read(database) {
  return new Promise((resolve, reject) => {
    const request = database.transaction(KEPT).objectStore(KEPT).getAll(); // in the order of n
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
