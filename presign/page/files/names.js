// Which names files get in the bucket.

// Characters that nobody sees, or that change the direction of the text around them: with these, a program can
// look like a document.
const ODD = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const shown = (name) => name.replace(ODD, "\ufffd");

// The last part of a file's name, without what no key should have. S3 would put a name for ${filename}.
const safeName = (name) => {
  const safe = name.normalize("NFC").split(/[/\\]/).pop()
    .replace(ODD, "_")
    .replaceAll("${", "_{")
    .trim();
  return /^\.{0,2}$/.test(safe) ? `_${safe}` : safe;
};

const numbered = (name, number) => {
  if (number === 1) return name;
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
};
