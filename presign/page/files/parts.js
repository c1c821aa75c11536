// Large files: each is uploaded in parts, with links that were made for it alone.

const PARTS_AT_ONCE = 3;
// Seconds for which S3 may put the parts together. It sends blanks meanwhile, but Chromium shows none of them before it
// has seen more of the XML.
const COMPLETING = 15 * 60;
const RESUME = "Resume";
const START_AGAIN = "Upload all of it again";

const linkTo = (path) => origin + about.base + path;

const partsOf = (slot, file) => {
  const count = Math.max(1, Math.ceil(file.size / slot.partSize));
  return Array.from({ length: count }, (_, index) => {
    const blob = file.slice(index * slot.partSize, Math.min(file.size, (index + 1) * slot.partSize));
    return { number: index + 1, blob, sent: 0, url: linkTo(`${slot.head}${index + 1}${slot.between}${slot.signatures[index]}`) };
  });
};

// What S3 has of an upload: each part's ETag and size. Nothing where it may not be asked.
const partsThere = async (slot, signal) => {
  const there = new Map();
  for (const path of slot.lists) {
    let text;
    try {
      text = (await send("GET", linkTo(path), { signal })).responseText;
    } catch (error) {
      if (error.code === "AccessDenied") return new Map();
      throw error;
    }
    for (const [, part] of text.matchAll(/<Part>(.*?)<\/Part>/gs)) {
      const said = (name) => part.match(`<${name}>(?:"|&quot;|&#34;)?([^<"&]*)`)?.[1];
      there.set(Number(said("PartNumber")), { etag: said("ETag"), size: Number(said("Size")) });
    }
    if (!text.includes("<IsTruncated>true")) break;
  }
  return there;
};

// Whether the file is not the one of which this page has sent parts, by their digests.
const isAnother = async (slot, item, parts) => {
  item.say("Comparing the file with what was sent");
  for (const { number, blob } of parts.filter((part) => slot.digests?.has(part.number))) {
    const digest = await md5(blob);
    if (item.cancel.signal.aborted) throw new Cancelled();
    if (digest !== slot.digests.get(number)) return true;
  }
  return false;
};

// Marks the parts that S3 has already, if the person says that the file is the same: S3 cannot tell of what an earlier
// page has sent.
const resume = async (slot, item, parts) => {
  if (slot.file === item.file) return; // what was sent a moment ago is known
  // What is not confirmed is the file that was sent, and not another one.
  slot.unanswered &&= slot.file.size === item.file.size && slot.file.lastModified === item.file.lastModified;
  const there = await partsThere(slot, item.cancel.signal);
  const same = parts.filter(({ number, blob }) =>
    there.get(number)?.size === blob.size && there.get(number).etag !== slot.others?.get(number)?.etag);
  const bytes = same.reduce((sum, { blob }) => sum + blob.size, 0);
  const sent = Math.max(1, Math.floor((100 * bytes) / (item.file.size || 1)));
  const question = `${sent} % of ${slot.name} is there already. Resume only if all of that is from this file, unchanged since then.`;
  const resumed = same.length && !(await isAnother(slot, item, same)) && (await item.ask(question, [RESUME, START_AGAIN])) === RESUME;
  if (!resumed) slot.others = there; // parts of another file, which stay in S3 until they are replaced
  slot.etags = new Map(resumed ? same.map(({ number }) => [number, there.get(number).etag]) : []);
  if (there.size) slot.unanswered = false; // it was not completed: its parts would be gone
  slot.file = item.file; // only now: a question that was cancelled is asked again
};

const sendPart = async (slot, item, part, show) => {
  const headers = { "Content-MD5": await md5(part.blob) };
  const progress = (sent) => { part.sent = sent; show(); };
  const { again, cancel: { signal } } = item;
  const answer = await send("PUT", part.url, { body: part.blob, headers, progress, again, signal });
  (slot.digests ??= new Map()).set(part.number, headers["Content-MD5"]);
  slot.etags.set(part.number, answer.getResponseHeader("ETag").replaceAll('"', ""));
  progress(part.blob.size);
};

const complete = async (slot, item, parts) => {
  const listed = parts.map(({ number }) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>"${slot.etags.get(number)}"</ETag></Part>`);
  const body = `<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`;
  item.say("All of it is sent. The server puts it together, which can take minutes: keep this page open.");
  try {
    const { again, cancel: { signal } } = item;
    await send("POST", linkTo(slot.complete), { body, headers: slot.condition, again, signal, patience: COMPLETING });
  } catch (error) {
    slot.unanswered ||= error.retried || error instanceof Cancelled;
    if (error.mayPass) throw new Unsure(`Not confirmed: ${reasonOf(error)}. The file may be there already.`, false);
    throw error;
  }
};

const sendAll = async (slot, item) => {
  const parts = partsOf(slot, item.file);
  await resume(slot, item, parts);
  for (const part of parts) part.sent = slot.etags.has(part.number) ? part.blob.size : 0;
  const show = () => item.show(parts.reduce((sum, part) => sum + part.sent, 0));
  show();
  const waiting = parts.filter(({ number }) => !slot.etags.has(number));
  let failed = false;
  const worker = async () => {
    try {
      while (waiting.length && !failed) await sendPart(slot, item, waiting.shift(), show);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: PARTS_AT_ONCE }, worker));
  const broken = ended.find(({ status }) => status === "rejected");
  if (broken) throw broken.reason;
  await complete(slot, item, parts);
};

// What S3 answers of an upload that a request has completed whose answer was lost.
const AFTERWARDS = ["NoSuchUpload", "PreconditionFailed"];

const uploadInParts = (slot) => async (item) => {
  try {
    await sendAll(slot, item);
  } catch (error) {
    if (!slot.unanswered || !AFTERWARDS.includes(error.code)) throw error;
    throw new Unsure(`Most likely uploaded to ${placeOf(item)}, but the server did not confirm it. ` +
      `${ASK} whether the file is there, with ${item.file.size.toLocaleString("en")} bytes.`, true);
  }
};

const largeProblem = (slot, file) =>
  file.size > slot.size ? `it has ${sizeOf(file.size)}, and at most ${sizeOf(slot.size)} were expected` : "";

const addLarge = (slot, file) => {
  const problem = largeProblem(slot, file);
  const item = new Item(file, slot.key, uploadInParts(slot));
  if (problem) {
    item.enter("refused", `Not uploaded: ${problem}.`);
    return;
  }
  // Its parts are of another file: with both, the upload would become a mixture.
  slot.item?.enter("replaced", "Replaced: you have chosen a file for this again, see below.");
  slot.item = item;
  if (slot.name !== file.name) item.note(`It is stored as ${slot.name}`);
  item.enter("waiting", "Waiting");
};

// Whether a file is already on its way to the slot, or there.
const isTaken = (slot) => Boolean(slot.item) && ["waiting", "running", "done", "unsure"].includes(slot.item.state);

const showSlots = () => {
  for (const [index, slot] of about.large.entries()) {
    const id = `slot-${index}`;
    const input = element("input", "", { type: "file", id });
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (file && !isTaken(slot)) addLarge(slot, file);
      input.value = "";
      turn();
    });
    const row = element("li");
    row.append(element("label", `${slot.name} (up to ${sizeOf(slot.size)})`, { for: id }), element("br"), input);
    byId("slots").append(row);
    slot.input = input;
  }
  byId("large").hidden = !about.large.length;
};

const refreshSlots = () => {
  for (const slot of about.large) slot.input.disabled = closed || isTaken(slot);
};
