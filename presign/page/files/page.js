"use strict";

// What both pages share: what they are about, the time that is left, and words.

const byId = (id) => document.getElementById(id);

// All text goes in as text: no name and no answer of the server is ever read as HTML.
const element = (name, text = "", attributes = {}) => {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

const tell = (text) => { byId("problem").textContent = text; };

const stop = (text) => {
  tell(text);
  byId("work").hidden = true;
  throw new Error(text);
};

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

const sizeOf = (bytes) => {
  const power = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const count = bytes / 1000 ** power;
  return `${power ? count.toFixed(count < 10 ? 1 : 0) : count} ${bytes === 1 ? "byte" : UNITS[power]}`;
};

const timeOf = (seconds) => {
  const [size, name] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]
    .find(([unit]) => seconds >= 2 * unit || unit === 1);
  const count = Math.max(0, Math.floor(seconds / size));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
};

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const unpacked = async (packed) => {
  if (!("DecompressionStream" in window)) stop("This browser is too old for this page. Use a newer one.");
  // Only the very links that the page was made with: nobody can hand out this page with others.
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(packed));
  if (hex(new Uint8Array(digest)) !== byId("main").dataset.digest) {
    stop("The link of this page is not whole. Open it exactly as you received it, with everything after the #.");
  }
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
};

const load = async () => {
  if (window.top !== window.self) stop("Open this page in a window of its own.");
  const inPage = byId("about").textContent;
  return JSON.parse(inPage || await unpacked(location.hash.slice(1)));
};

const about = await load();
const origin = about.origin ?? location.origin;

// How far this computer's clock is behind the server's, in milliseconds; 0 where it cannot be known.
let behind = 0;

const askTheTime = async () => {
  if (about.origin) return;
  try {
    const answer = await fetch(location.href, { headers: { Range: "bytes=0-0" }, cache: "no-store" });
    const date = Date.parse(answer.headers.get("Date"));
    if (date) behind = date - Date.now();
  } catch {
    // The clock of this computer will do.
  }
};

const secondsLeft = () => Math.floor(about.until - (Date.now() + behind) / 1000);

// Shows the time that is left, and calls `end` when there is none.
const countDown = (end) => {
  const until = new Date(about.until * 1000 - behind).toLocaleString();
  const show = () => {
    const left = secondsLeft();
    if (left <= 0) {
      byId("time").textContent = "";
      tell(`This page has expired: it worked until ${until}. Ask the person who sent it to you for a new one.`);
      end();
      return;
    }
    byId("time").textContent = `This page works until ${until}: ${timeOf(left)} left.`;
    setTimeout(show, Math.min(left, left > 120 ? 30 : 1) * 1000);
  };
  show();
};
