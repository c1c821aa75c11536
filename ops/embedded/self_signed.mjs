// Writes a throw-away key and its self-signed certificate for 127.0.0.1: node self_signed.mjs KEY CERTIFICATE DAYS
// Node signs but cannot compose a certificate, so the fields of RFC 5280 that a server needs are put together here.
import { generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";

const field = (tag, ...parts) => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length: size } = content;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const sequence = (...parts) => field(0x30, ...parts);
const time = (date) => field(0x17, date.toISOString().replace(/[-:T]|\.\d+/g, "").slice(2));

const ecdsaWithSha256 = sequence(field(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
const name = sequence(field(0x31, sequence(field(0x06, [0x55, 0x04, 0x03]), field(0x0c, "127.0.0.1"))));
const alternativeName = sequence(field(0x06, [0x55, 0x1d, 0x11]), field(0x04, sequence(field(0x87, [127, 0, 0, 1]))));

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const [keyFile, certificateFile, days] = process.argv.slice(2);
const now = Date.now();
const hours = (count) => new Date(now + count * 3_600_000);
const toBeSigned = sequence(
  field(0xa0, field(0x02, [2])), // version 3
  field(0x02, [1]), // serial number
  ecdsaWithSha256,
  name,
  sequence(time(hours(-1)), time(hours(24 * Number(days)))),
  name,
  publicKey.export({ type: "spki", format: "der" }),
  field(0xa3, sequence(alternativeName)),
);
const signature = sign("sha256", toBeSigned, privateKey);
const certificate = sequence(toBeSigned, ecdsaWithSha256, field(0x03, [0], signature));

const lines = certificate.toString("base64").match(/.{1,64}/g).join("\n");
writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
writeFileSync(certificateFile, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
