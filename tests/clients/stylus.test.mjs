// cargo-stylus as it comes from crates.io: scripts/setup --tools builds it once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createPublicClient, getAddress, http, parseAbi } from "viem";
import { ABI, ROOT, ask, keyFile, run, startNode } from "./support.mjs";

const COUNTER = join(ROOT, "tests/clients/counter");
const programs = process.env.VAULT_PROGRAMS || join(ROOT, "target");
/** What scripts/build made: cargo-stylus builds only what has no features. */
const EXTENSION = join(programs, "extension.wasm");
const counterAbi = parseAbi(["function number() view returns (uint256)", "function increment()"]);
let node, reader, key;

before(async () => {
  node = await startNode();
  reader = createPublicClient({ transport: http(node.url) });
  key = keyFile(node);
});
after(() => node.close());

/** Runs cargo-stylus in a crate; what it prints, without colours. */
function stylus(cwd, ...args) {
  // What both crates depend on is built once.
  const env = { CARGO_TARGET_DIR: join(ROOT, "target"), ...process.env };
  const { stdout, stderr } = run(join(ROOT, "scripts/cargo-stylus"), args, { cwd, env });
  // eslint-disable-next-line no-control-regex
  return (stdout + stderr).replaceAll(/\x1b\[[0-9;]*m/g, "");
}

function deployed(told) {
  return getAddress(told.match(/deployed code at address: (0x[0-9a-f]{40})/)[1]);
}

const activated = (address) => ask(node.url, "eth_call", [{ to: "0x0000000000000000000000000000000000000071", data: `0xcc8f4e88${address.slice(2).padStart(64, "0")}` }]);

test("Stylus.toml shrinks the program as scripts/build does", () => {
  const file = (name) => readFileSync(join(ROOT, name), "utf8");
  const toml = file("Stylus.toml");
  const flags = [...toml.match(/^flags = \[([^\]]*)\]/m)[1].matchAll(/"([^"]+)"/g)].map((flag) => flag[1]);
  assert.deepEqual(flags, file("scripts/build").match(/^optimise=\(([^)]*)\)/m)[1].trim().split(/\s+/));
  const { binaryen } = JSON.parse(file("package.json")).devDependencies;
  assert.equal(`${toml.match(/^version = "(\d+)"/m)[1]}.0.0`, binaryen);
});

test("check: programs in one contract, and the extension in two fragments", () => {
  const small = stylus(COUNTER, "check", "--endpoint", node.url);
  assert.match(small, /contract size: \d/);
  assert.match(small, /wasm data fee: 0\.0000\d+ ETH/);
  const vault = stylus(ROOT, "check", "--endpoint", node.url);
  assert.match(vault, /contract size: \d/);
  assert.doesNotMatch(vault, /fragments\)/);
  assert.match(vault, /wasm data fee/);
  const extension = stylus(ROOT, "check", "--wasm-file", EXTENSION, "--endpoint", node.url);
  assert.match(extension, /\(2 fragments\)/);
  assert.match(extension, /wasm data fee/);
});

test("export-abi and constructor: what the contract prints", () => {
  assert.match(stylus(COUNTER, "export-abi"), /function number\(\) external view returns \(uint256\);/);
  const { stdout } = run(join(ROOT, "scripts/cargo-stylus"), ["export-abi"], { cwd: ROOT });
  assert.equal(stdout, readFileSync(join(ROOT, "abi/ICoveredCallVault.sol"), "utf8"));
  assert.match(stylus(COUNTER, "constructor"), /constructor\(uint256 initial\)/);
});

test("deploy: one contract, activated and constructed in one transaction", async () => {
  const told = stylus(COUNTER, "deploy", "--no-verify", "--endpoint", node.url, "--private-key-path", key, "--constructor-args", "41");
  const address = deployed(told);
  assert.equal(await reader.readContract({ address, abi: counterAbi, functionName: "number" }), 41n);
  assert.equal(BigInt((await activated(address)).result), 2n);
  const [from] = (await ask(node.url, "eth_accounts")).result;
  await ask(node.url, "eth_sendTransaction", [{ from, to: address, data: "0xd09de08a" }]);
  assert.equal(await reader.readContract({ address, abi: counterAbi, functionName: "number" }), 42n);
});

test("deploy: the extension in fragments, then the vault with its constructor", async () => {
  const extension = deployed(stylus(ROOT, "deploy", "--no-verify", "--wasm-file", EXTENSION, "--endpoint", node.url, "--private-key-path", key));
  assert.match((await ask(node.url, "eth_getCode", [extension, "latest"])).result, /^0xeff002/);
  assert.equal(BigInt((await activated(extension)).result), 2n);
  const { stdout } = run(process.execPath, [join(ROOT, "tests/clients/constructor.mjs"), node.marketFile, extension]);
  const args = stdout.trimEnd().split("\n");
  const told = stylus(ROOT, "deploy", "--no-verify", "--endpoint", node.url, "--private-key-path", key, "--constructor-args", ...args);
  const address = deployed(told);
  const read = (functionName) => reader.readContract({ address, abi: ABI, functionName });
  assert.equal(await read("symbol"), "ccWETH");
  assert.equal(await read("asset"), getAddress(node.market.weth));
  assert.equal(await read("extension"), extension);
  assert.match((await ask(node.url, "eth_getCode", [address, "latest"])).result, /^0xeff000/);
  assert.equal(BigInt((await activated(address)).result), 2n);
  // Its cache: the least bid is nothing as long as there is room.
  for (const [program, data] of [[address, "0x38d52e0f"], [extension, "0x"]]) {
    stylus(ROOT, "cache", "bid", program, "0", "--endpoint", node.url, "--private-key-path", key);
    const gas = await ask(node.url, "debug_traceCall", [{ to: program, data }, "latest", { tracer: "callTracer" }]);
    assert.equal(gas.result.stylus.cached, true);
  }
});
