// The page for downloads: a list of links.

// What is said of a file whose scan for malware is not known to have found it clean.
const WAITING = ["", "not checked for malware yet", "perhaps not checked for malware yet"];

const row = ([path, size, signature, mark = 0]) => {
  const key = decodeURIComponent(path);
  const name = key.startsWith(about.prefix) ? key.slice(about.prefix.length) : key;
  const link = element("a", shown(name), {
    href: `${origin}${about.base}${path}?${about.query}${signature}`,
    download: safeName(key),
    rel: "noreferrer",
  });
  const cell = element("td");
  cell.append(link);
  if (mark) cell.append(element("p", WAITING[mark], { class: "quiet" }));
  const made = element("tr");
  made.append(cell, element("td", sizeOf(size)));
  return made;
};

const expired = () => {
  for (const link of document.querySelectorAll("#list a")) link.replaceWith(element("span", link.textContent));
  byId("summary").textContent = "";
};

const total = about.files.reduce((sum, [, size]) => sum + size, 0);
byId("list").append(...about.files.map(row));
const count = about.files.length;
byId("summary").textContent =
  `${count} ${count === 1 ? "file" : "files"} from ${about.bucket}/${about.prefix}, ${sizeOf(total)}`;
byId("scan").hidden = !about.files.some(([, , , mark]) => mark);
byId("work").hidden = false;
await askTheTime();
countDown(expired);
