// The compiled program as a Stylus chain wants it: compressed, in as many contracts as it needs.
//
// Formats of Nitro: a program in one contract is EF F0 00, a dictionary byte (0: none) and a brotli stream. One in fragments is a root EF F0 02, the
// dictionary byte, the length of the WASM (32 bits, big-endian) and the fragments' addresses; a fragment is EF F0 01 and its slice of the stream.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { concat, getBytes, keccak256, toBeHex } from "ethers";
import { ROOT as REPOSITORY } from "./network.mjs";
import { Refusal } from "./say.mjs";

/** Longest code of a contract. */
const MAX_CODE = 24_576;
const WHOLE = "0xeff00000";
const FRAGMENT = "0xeff001";
const ROOT = "0xeff00200";

/** Reads and compresses a WASM. `stream` is what the chain stores of it. */
export function program(path) {
  let wasm;
  try {
    wasm = readFileSync(path);
  } catch {
    throw new Refusal(`${path} is missing: scripts/build makes it`);
  }
  const stream = brotliCompressSync(wasm, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
    },
  });
  const room = MAX_CODE - getBytes(FRAGMENT).length;
  const slices = [];
  if (stream.length + getBytes(WHOLE).length > MAX_CODE) {
    for (let at = 0; at < stream.length; at += room) slices.push(stream.subarray(at, at + room));
  }
  return { hash: keccak256(wasm), length: wasm.length, stream, fragments: slices.map((slice) => concat([FRAGMENT, slice])) };
}

/** The two programs of the contract: in the directory `VAULT_PROGRAMS`, or in `target` of the repository. */
export function programs() {
  const directory = process.env.VAULT_PROGRAMS || `${REPOSITORY}/target`;
  return { vault: program(`${directory}/vault.wasm`), extension: program(`${directory}/extension.wasm`) };
}

/** Code of the contract that is called, given where its fragments are. */
export function rootCode({ stream, length, fragments }, addresses) {
  if (fragments.length === 0) return concat([WHOLE, stream]);
  if (addresses.length !== fragments.length) throw new Refusal("fragments are missing");
  return concat([ROOT, toBeHex(length, 4), ...addresses]);
}

/** Code of a creation that leaves `code` behind: PUSH2 length, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN. */
export function initCode(code) {
  return concat(["0x61", toBeHex(getBytes(code).length, 2), "0x80600c6000396000f3", code]);
}
