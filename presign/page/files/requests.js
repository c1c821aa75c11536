// Requests with progress. What may pass by itself is retried.

const PAUSES = [1, 2, 4, 8]; // seconds before each retry
const STALLED = 90; // seconds without progress, after which a request is given up

class Refused extends Error {
  constructor(status, answer) {
    const said = (name) => answer.match(`<${name}>([^<]*)</${name}>`)?.[1] ?? "";
    super(said("Message"));
    this.status = status;
    this.code = said("Code");
  }

  get mayPass() {
    return this.status === 0 || this.status === 429 || this.status >= 500 ||
      ["RequestTimeout", "BadDigest"].includes(this.code);
  }
}

class Cancelled extends Error {}

// What was asked for may have been done, and its answer lost. The message is for people; `final` is whether a
// retry can tell no more.
class Unsure extends Error {
  constructor(text, final) {
    super(text);
    this.final = final;
  }
}

const ASK = "Ask the person who sent you this page";
const EXPIRED = `the page has expired. ${ASK} for a new one`;

const MEANINGS = {
  EntityTooLarge: "the file is too large for this page",
  EntityTooSmall: "the file is too small for this page",
  BadDigest: "the file changed while it was read, or arrived broken",
  NoSuchUpload: `this upload was finished or ended before. ${ASK} whether the file is there, or for a new page`,
  PreconditionFailed: "there is a file of this name already, and it is not replaced",
  ExpiredToken: EXPIRED,
  AccessDenied: `the server does not allow it. ${ASK}: it may have been withdrawn, or work only in some networks`,
};

const reasonOf = (error) => {
  if (!(error instanceof Refused)) return "the file cannot be read: was it moved or changed?";
  if (error.status === 0) return "the connection was lost";
  if (error.code === "AccessDenied" && /expired/i.test(error.message)) return EXPIRED;
  const said = [error.code || error.status, error.message].filter(Boolean).join(": ");
  if (error.mayPass && !MEANINGS[error.code]) return `the server has a problem, retry later (${said})`;
  return MEANINGS[error.code] ?? `the server refused it. Show this to the person who sent you this page: ${said}`;
};

const sendOnce = (method, url, { body = null, headers = {}, progress = () => {}, signal, patience = STALLED }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), patience * 1000);
    };
    const cancel = () => request.abort();
    const finish = (settle, value) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      settle(value);
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => { watch(); progress(event.loaded); };
    request.onerror = () => finish(reject, new Refused(0, ""));
    request.onabort = () => finish(reject, signal.aborted ? new Cancelled() : new Refused(0, ""));
    request.onload = () => {
      // S3 may begin a 200 before it knows of an error.
      const refused = request.status >= 300 || request.responseText.includes("<Error>");
      const status = request.status < 300 ? 500 : request.status;
      if (refused) finish(reject, new Refused(status, request.responseText));
      else finish(resolve, request);
    };
    signal.addEventListener("abort", cancel);
    if (signal.aborted) finish(reject, new Cancelled());
    else {
      watch();
      request.send(body);
    }
  });

const send = async (method, url, options) => {
  for (const pause of [...PAUSES, null]) {
    try {
      return await sendOnce(method, url, options);
    } catch (error) {
      if (pause === null || !error.mayPass) throw Object.assign(error, { retried: pause !== PAUSES[0] });
      options.progress?.(0);
      options.again?.(error);
      await new Promise((resume) => setTimeout(resume, pause * 1000));
      if (options.signal.aborted) throw new Cancelled();
    }
  }
};
