// The page for uploads: files are chosen or dropped, and each becomes an object of its own.

const AT_ONCE = 3;
const LONGEST_KEY = 1024; // bytes in UTF-8

// Each visit has a folder, so that it replaces nobody's files.
const visit = () => {
  const moment = new Date(Date.now() + behind).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${moment}-${hex(crypto.getRandomValues(new Uint8Array(3)))}/`;
};

const taken = new Set(about.large.map((slot) => slot.key));
const items = [];
let folder = "";
let closed = false;

const newKey = (name) => {
  let number = 1;
  while (taken.has(folder + numbered(name, number))) number += 1;
  const key = folder + numbered(name, number);
  taken.add(key);
  return key;
};

const bytesOf = (text) => new TextEncoder().encode(text).length;

// What the files must be, in words.
const kinds = () => {
  const words = { "image/": "pictures", "video/": "videos", "audio/": "sound files", "text/": "text files" };
  return words[about.type] ?? `files of the type ${about.type}*`;
};

// Throws where the file was moved or changed: of a request, the browser would say only that its connection was lost.
const requireReadable = (file) => file.slice(0, 1).arrayBuffer();

// Why the form would refuse the file; nothing where it takes it.
const problemOf = (file) => {
  if (!about.fields) return "this page takes only the files that are named above";
  if (file.size > about.max) return `it has ${sizeOf(file.size)}, and this page takes at most ${sizeOf(about.max)} a file`;
  if (file.size < about.min) return `it has ${sizeOf(file.size)}, and this page takes at least ${sizeOf(about.min)} a file`;
  if (about.anySubtype && !file.type.startsWith(about.type)) return `this page takes only ${kinds()}`;
  if (bytesOf(folder + safeName(file.name)) > LONGEST_KEY - 8) return "its name is too long";
  return "";
};

const upload = async (item) => {
  const form = new FormData();
  form.append("key", item.key);
  for (const [name, value] of Object.entries(about.fields)) {
    form.append(name, name === "policy" ? btoa(value) : value);
  }
  if (about.anySubtype) form.append("Content-Type", item.file.type);
  form.append("file", item.file, "file");
  // The form adds a little to what is sent.
  const progress = (sent) => item.show(Math.min(sent, item.file.size));
  const { again, cancel: { signal } } = item;
  await requireReadable(item.file);
  try {
    await send("POST", origin + about.base, { body: form, progress, again, signal });
  } catch (error) {
    await requireReadable(item.file);
    throw error;
  }
};

const placeOf = (item) => `${about.bucket}/${item.key}`;

const count = (...states) => items.filter((item) => states.includes(item.state)).length;

const summarize = () => {
  refreshSlots();
  const failed = count("failed", "refused");
  const unsure = count("unsure");
  const open = count("waiting", "running");
  const wanted = items.length - count("cancelled", "replaced");
  const parts = [`${count("done")} of ${wanted} ${wanted === 1 ? "file" : "files"} uploaded`];
  if (failed) parts.push(`${failed} not uploaded`);
  if (unsure) parts.push(`${unsure} to check`);
  if (!failed && !unsure && !open) parts.push("you can close this page");
  const end = failed || unsure ? ": see below." : ".";
  byId("summary").textContent = wanted ? parts.join(", ") + end : "No files to upload.";
};

const turn = () => {
  for (const item of items) {
    if (count("running") >= AT_ONCE) break;
    if (item.state === "waiting") run(item);
  }
};

const run = async (item) => {
  item.cancel = new AbortController();
  item.enter("running", "Uploading");
  try {
    await item.work(item);
    item.enter("done", `Uploaded to ${placeOf(item)}`);
  } catch (error) {
    if (error instanceof Cancelled) item.enter("cancelled", "Cancelled");
    else if (error instanceof Unsure) item.enter(error.final ? "unsure" : "failed", error.message);
    else item.enter("failed", `Not uploaded: ${reasonOf(error)}.`);
  }
  turn();
};

const button = (text, name, act) => {
  const made = element("button", text, { type: "button", "aria-label": `${text} ${name}` });
  made.addEventListener("click", act);
  return made;
};

class Item {
  constructor(file, key, work) {
    Object.assign(this, { file, key, work, state: "" });
    const name = shown(file.name);
    this.row = element("li", "", { tabindex: "-1" });
    this.bar = element("progress", "", { max: "100", value: "0", "aria-label": `Upload of ${name}` });
    this.said = element("p");
    const retry = () => { this.enter("waiting", "Waiting"); this.row.focus(); turn(); };
    const end = () => {
      if (this.state === "running") this.cancel.abort();
      else this.enter("cancelled", "Cancelled");
      this.row.focus();
    };
    this.retry = button("Retry", name, retry);
    this.stop = button("Cancel", name, end);
    this.row.append(element("p", `${name} (${sizeOf(file.size)})`), this.bar, this.said, this.retry, this.stop);
    byId("list").append(this.row);
    items.push(this);
  }

  again = (error) => this.say(`Trying again: ${reasonOf(error)}.`);

  note(text) {
    this.row.insertBefore(element("p", text, { class: "quiet" }), this.bar);
  }

  enter(state, text) {
    this.state = state;
    this.say(text);
    this.said.className = { done: "good", failed: "bad", refused: "bad", unsure: "bad" }[state] ?? "quiet";
    this.bar.hidden = !["waiting", "running"].includes(state);
    this.retry.hidden = closed || !["failed", "cancelled"].includes(state);
    this.stop.hidden = !["waiting", "running"].includes(state);
    if (state === "waiting") this.bar.value = 0;
    summarize();
  }

  // Asks a question, and returns which of the choices was taken.
  ask(question, choices) {
    return new Promise((resolve, reject) => {
      const asked = element("p", question);
      const end = (settle, value) => {
        for (const one of [asked, ...buttons]) one.remove();
        this.row.focus();
        settle(value);
      };
      const buttons = choices.map((choice) => button(choice, this.file.name, () => end(resolve, choice)));
      this.row.append(asked, ...buttons);
      this.cancel.signal.addEventListener("abort", () => end(reject, new Cancelled()));
      this.say("Waiting for your answer");
      tell(question);
      buttons[0].focus();
    }).finally(() => { if (byId("problem").textContent === question) tell(""); });
  }

  say(text) {
    this.said.textContent = text;
  }

  show(sent) {
    const percent = this.file.size ? Math.floor((100 * sent) / this.file.size) : 100;
    this.bar.value = percent;
    this.say(`Uploading: ${percent} %`);
  }
}

const add = (file) => {
  const slot = about.large.find((one) => one.name === file.name.normalize("NFC") && !isTaken(one));
  if (slot) {
    addLarge(slot, file);
    return;
  }
  const problem = problemOf(file);
  if (problem) {
    new Item(file, "", null).enter("refused", `Not uploaded: ${problem}.`);
    return;
  }
  const key = newKey(safeName(file.name));
  const item = new Item(file, key, upload);
  const stored = key.slice(folder.length);
  if (stored !== file.name) item.note(`It is stored as ${stored}`);
  item.enter("waiting", "Waiting");
};

const addAll = (files) => {
  for (const file of files) add(file);
  turn();
};

const listen = () => {
  const input = byId("files");
  const drop = byId("drop");
  input.addEventListener("change", () => {
    addAll([...input.files]);
    input.value = ""; // the same file may be chosen again
  });
  // Everywhere, or a browser would leave the page for a file that misses the field.
  for (const name of ["dragover", "dragleave", "drop"]) {
    window.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  }
  window.addEventListener("drop", (event) => {
    if (closed) return;
    const dropped = [...event.dataTransfer.items].filter((one) => one.kind === "file");
    const folders = dropped.filter((one) => one.webkitGetAsEntry?.()?.isDirectory);
    tell(folders.length ? "Folders cannot be uploaded: choose the files in them." : "");
    addAll(dropped.filter((one) => !folders.includes(one)).map((one) => one.getAsFile()));
  });
  window.addEventListener("beforeunload", (event) => {
    if (count("waiting", "running")) event.preventDefault();
  });
};

const sayRules = () => {
  if (!about.fields) {
    byId("drop").hidden = true;
    return;
  }
  const least = about.min ? `${sizeOf(about.min)} to` : "at most";
  const limits = [`Files go to ${about.bucket}/${folder}.`, `Each may have ${least} ${sizeOf(about.max)}.`];
  if (about.anySubtype) {
    limits.push(`This page takes only ${kinds()}.`);
    byId("files").accept = `${about.type}*`;
  }
  if (!about.visits) {
    limits.push("A file whose name is there already becomes its newest version; older versions are kept.");
  }
  byId("rules").textContent = limits.join(" ");
};

const expired = () => {
  closed = true;
  for (const id of ["rules", "drop", "large"]) byId(id).hidden = true;
  byId("work").hidden = !items.length;
  for (const item of items) {
    if (item.state === "waiting") item.enter("failed", "Not uploaded: the page has expired.");
    item.retry.hidden = true;
  }
  refreshSlots();
};

await askTheTime();
if (about.fields) folder = about.prefix + (about.visits ? visit() : "");
showSlots();
sayRules();
listen();
byId("work").hidden = false;
countDown(expired);
