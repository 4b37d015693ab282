// The scripts against the embedded chain: its program is built by scripts/test, VAULT_WASM by scripts/build.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { JsonRpcProvider, Wallet, encryptKeystoreJson } from "ethers";
import { ROOT } from "../lib/network.mjs";
import { initCode, program, rootCode } from "../lib/program.mjs";

const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "crates/target");
const directory = mkdtempSync(join(tmpdir(), "deploy-test-"));
const market = join(directory, "market.json");
const record = join(directory, "record.json");
let chain, rpc, provider;

before(async () => {
  chain = spawn(join(target, "release/devchain"), ["--port", "0", "--market-file", market]);
  chain.stderr.pipe(process.stderr);
  rpc = await new Promise((resolve, reject) => {
    let told = "";
    chain.on("error", reject);
    chain.on("exit", () => reject(new Error(`devchain ended: ${told}`)));
    chain.stdout.on("data", (data) => {
      told += data;
      const found = told.match(/at (http:\S+?),/);
      if (found) resolve(found[1]);
    });
  });
  provider = new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1 });
});

after(() => {
  provider?.destroy();
  chain?.removeAllListeners("exit");
  chain?.kill();
  rmSync(directory, { recursive: true });
});

/** Runs a script; with the well-known key unless `env` says otherwise. */
function script(name, args, env = { DEPLOYER_KEY: KEY }) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(DEPLOYER|VAULT)_(?!WASM)/.test(key)));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, `deploy/${name}.mjs`), ...args], { encoding: "utf8", env: { ...clean, ...env } });
  return { status, stdout, stderr };
}

function deploy(args = [], env) {
  return script("deploy", ["devchain", "--rpc", rpc, "--market", market, "--record", record, ...args], env);
}

function refused(result, pattern) {
  assert.equal(result.status, 1, result.stderr);
  assert.match(result.stderr, pattern);
  assert.doesNotMatch(result.stderr, /\n\s+at /, "a refusal has no stack");
}

async function nonce() {
  return provider.getTransactionCount(new Wallet(KEY).address);
}

test("a program is cut into contracts that the chain takes", () => {
  const built = program(process.env.VAULT_WASM ?? join(ROOT, "target/vault.wasm"));
  for (const code of built.fragments) assert.ok((code.length - 2) / 2 <= 24_576);
  assert.equal(built.fragments.map((code) => code.slice(8)).join(""), built.fragments.length > 0 ? built.stream.toString("hex") : "");
  const root = rootCode({ ...built, length: 0x010203, fragments: ["0x"] }, ["0x" + "ab".repeat(20)]);
  assert.equal(root, `0xeff0020000010203${"ab".repeat(20)}`);
  assert.equal(initCode("0x1234"), "0x61000280600c6000396000f31234");
});

test("without a key, with two, or with a bad one nothing is sent", async () => {
  const start = await nonce();
  refused(deploy([], {}), /DEPLOYER_KEYSTORE/);
  refused(deploy([], { DEPLOYER_KEY: KEY, DEPLOYER_KEYSTORE: "x" }), /both/);
  refused(deploy([], { DEPLOYER_KEY: "0x12" }), /no private key/);
  refused(deploy([], { DEPLOYER_KEYSTORE: join(directory, "absent") }), /DEPLOYER_KEYSTORE/);
  assert.equal(await nonce(), start);
});

test("every address is looked at, and all faults are told together, before anything is sent", async () => {
  const start = await nonce();
  const wrong = join(directory, "wrong.json");
  const addresses = JSON.parse(readFileSync(market));
  writeFileSync(wrong, JSON.stringify({ ...addresses, weth: addresses.usdc, ethFeed: addresses.usdcFeed, router: "0x000000000000000000000000000000000000dEaD" }));
  const result = script("deploy", ["devchain", "--rpc", rpc, "--market", wrong, "--record", record]);
  refused(result, /asset: symbol is USDC, not WETH/);
  assert.match(result.stderr, /asset: decimals is 6, not 18/);
  assert.match(result.stderr, /assetFeed: description is USDC \/ USD, not ETH \/ USD/);
  assert.match(result.stderr, /router: no contract/);
  assert.equal(await nonce(), start);
});

test("a chain that is another, or does not answer, is refused", async () => {
  const other = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    response.end(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(body).id, result: "0x1" }));
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { status, stderr } = await new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, "deploy/deploy.mjs"), "devchain", "--rpc", `http://127.0.0.1:${other.address().port}`, "--market", market]);
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    child.on("exit", (status) => resolve({ status, stderr }));
  });
  other.close();
  refused({ status, stderr }, /is chain 1, devchain is chain 412346/);
});

test("a policy out of its bounds, or not whole, costs no vault", async () => {
  const file = join(directory, "policy.json");
  const policy = JSON.parse(readFileSync(join(ROOT, "deploy/policies/weth-usdc.json")));
  writeFileSync(file, JSON.stringify({ ...policy, shares: { ...policy.shares, managementFeeBps: 201 } }));
  refused(deploy(["--policy", file]), /the constructor refuses: PolicyOutOfBounds\(69\)/);
  const start = await nonce();
  writeFileSync(file, JSON.stringify({ ...policy, shares: { ...policy.shares, managmentFeeBps: 1 } }));
  refused(deploy(["--policy", file]), /policy.shares has no field managmentFeeBps/);
  writeFileSync(file, JSON.stringify({ ...policy, roll: { graceSeconds: 86_400 } }));
  refused(deploy(["--policy", file]), /policy.roll.dustQuote is missing/);
  refused(deploy([], { DEPLOYER_KEY: KEY, VAULT_OWNER: "0x12" }), /owner is no address/);
  assert.equal(await nonce(), start);
});

test("it deploys, activates, constructs, bids and records; again it sends nothing", async () => {
  const first = deploy(["--bid"]);
  assert.equal(first.status, 0, first.stderr);
  const written = JSON.parse(readFileSync(record));
  assert.equal(written.vault.address, first.stdout.trim());
  assert.equal(written.verified.cached, true);
  assert.ok(written.verified.secondsLeft > 364 * 86_400);
  const sent = await nonce();
  const again = deploy(["--bid"]);
  assert.equal(again.status, 0, again.stderr);
  assert.equal(again.stdout, first.stdout);
  assert.equal(await nonce(), sent);
});

test("cut off after any step it goes on from the record", async () => {
  const complete = JSON.parse(readFileSync(record));
  const sent = await nonce();
  for (const keep of [["chainId", "wasm"], ["chainId", "wasm", "fragments"]]) {
    writeFileSync(record, JSON.stringify(Object.fromEntries(keep.map((key) => [key, complete[key]]))));
    const result = deploy();
    assert.equal(result.status, 0, result.stderr);
    // Without the fragments in the record they are sent again, elsewhere, and the vault with them; with them nothing is.
    if (keep.includes("fragments")) assert.equal(result.stdout.trim(), complete.vault.address);
  }
  assert.ok((await nonce()) <= sent + complete.fragments.length + 1);
  const result = deploy();
  assert.equal(result.status, 0, result.stderr);
});

test("a record of another program is not written over", () => {
  const kept = readFileSync(record);
  writeFileSync(record, JSON.stringify({ ...JSON.parse(kept), wasm: "0x00" }));
  refused(deploy(), /another program/);
  writeFileSync(record, kept);
});

test("a keystore opens with its password and no other", async () => {
  const keystore = join(directory, "keystore");
  const account = { address: new Wallet(KEY).address, privateKey: KEY };
  writeFileSync(keystore, await encryptKeystoreJson(account, "sesame", { scrypt: { N: 1024 }, progressCallback: () => {} }));
  refused(deploy([], { DEPLOYER_KEYSTORE: keystore, DEPLOYER_PASSWORD: "wrong" }), /password/);
  const opened = deploy([], { DEPLOYER_KEYSTORE: keystore, DEPLOYER_PASSWORD: "sesame" });
  assert.equal(opened.status, 0, opened.stderr);
});

test("keepalive extends a program in its last months, waits before, and revives one that has expired", async () => {
  const keepalive = (args = [], env) => script("keepalive", ["devchain", "--rpc", rpc, "--market", market, "--record", record, ...args], env);
  const pass = async (days) => {
    await provider.send("evm_increaseTime", [days * 86_400]);
    await provider.send("evm_mine", []);
  };
  assert.match(keepalive([], {}).stderr, /nothing to do/);
  refused(keepalive(["--days", "365"]), /younger than 31 days/);
  await pass(300);
  const extended = keepalive();
  assert.equal(extended.status, 0, extended.stderr);
  assert.ok(Number(extended.stdout) > 364 * 86_400, extended.stdout);
  await pass(366);
  const revived = keepalive();
  assert.equal(revived.status, 0, revived.stderr);
  assert.match(revived.stderr, /activating again/);
  assert.ok(Number(revived.stdout) > 364 * 86_400, revived.stdout);
});

test("a market can be deployed where there is none, and a vault on it", () => {
  const built = join(directory, "built.json");
  const made = script("market", ["nitro-dev", "--rpc", rpc, "--price", "3000", "--out", built]);
  assert.equal(made.status, 0, made.stderr);
  const vault = script("deploy", ["nitro-dev", "--rpc", rpc, "--market", built, "--record", join(directory, "second.json")]);
  assert.equal(vault.status, 0, vault.stderr);
  refused(script("market", ["arbitrum-one", "--rpc", rpc]), /has tokens and feeds of its own/);
});
