// MD5 (RFC 1321) of a part, which S3 compares with what arrives. Browsers have no MD5 of their own.

const MD5_SINES = Int32Array.from({ length: 64 }, (_, step) => Math.floor(2 ** 32 * Math.abs(Math.sin(step + 1))));
const MD5_CHUNK = 1024 ** 2; // bytes that are in memory at once; whole blocks of 64

// Takes blocks of 16 words into `state`, which is four words. Each round is written out, or it would be slow.
const md5Blocks = (state, words) => {
  let [a, b, c, d] = state;
  let sum = 0;
  let next = 0;
  const sines = MD5_SINES;
  for (let start = 0; start < words.length; start += 16) {
    const [a0, b0, c0, d0] = [a, b, c, d];
    for (let step = 0; step < 16; step += 1) {
      sum = (((a + ((b & c) | (~b & d))) | 0) + ((sines[step] + words[start + step]) | 0)) | 0;
      const shift = 7 + 5 * (step & 3);
      next = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
      a = d; d = c; c = b; b = next;
    }
    for (let step = 0; step < 16; step += 1) {
      sum = (((a + ((b & d) | (c & ~d))) | 0) + ((sines[step + 16] + words[start + ((5 * step + 1) & 15)]) | 0)) | 0;
      const shift = (0x140e0905 >>> (8 * (step & 3))) & 31; // 5, 9, 14, 20
      next = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
      a = d; d = c; c = b; b = next;
    }
    for (let step = 0; step < 16; step += 1) {
      sum = (((a + (b ^ c ^ d)) | 0) + ((sines[step + 32] + words[start + ((3 * step + 5) & 15)]) | 0)) | 0;
      const shift = (0x17100b04 >>> (8 * (step & 3))) & 31; // 4, 11, 16, 23
      next = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
      a = d; d = c; c = b; b = next;
    }
    for (let step = 0; step < 16; step += 1) {
      sum = (((a + (c ^ (b | ~d))) | 0) + ((sines[step + 48] + words[start + ((7 * step) & 15)]) | 0)) | 0;
      const shift = (0x150f0a06 >>> (8 * (step & 3))) & 31; // 6, 10, 15, 21
      next = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
      a = d; d = c; c = b; b = next;
    }
    a = (a + a0) | 0;
    b = (b + b0) | 0;
    c = (c + c0) | 0;
    d = (d + d0) | 0;
  }
  return [a, b, c, d];
};

// The words of the last blocks: what is left, a mark, zeros, and the size in bits.
const md5End = (rest, size) => {
  const length = (rest.length + 9 + 63) & ~63;
  const end = new Uint8Array(length);
  end.set(rest);
  end[rest.length] = 0x80;
  const view = new DataView(end.buffer);
  view.setUint32(length - 8, (size * 8) >>> 0, true);
  view.setUint32(length - 4, Math.floor((size * 8) / 2 ** 32), true);
  return new Int32Array(end.buffer);
};

// Returns the digest in base64, as Content-MD5 has it. It takes a machine with the usual order of bytes.
const md5 = async (blob) => {
  let state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  let rest = new Uint8Array();
  for (let start = 0; start < blob.size; start += MD5_CHUNK) {
    const bytes = new Uint8Array(await blob.slice(start, start + MD5_CHUNK).arrayBuffer());
    const whole = bytes.length & ~63;
    state = md5Blocks(state, new Int32Array(bytes.buffer, 0, whole / 4));
    rest = bytes.slice(whole);
  }
  const words = Int32Array.from(md5Blocks(state, md5End(rest, blob.size)));
  return btoa(String.fromCharCode(...new Uint8Array(words.buffer)));
};
