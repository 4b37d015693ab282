// The scripts against the embedded chain: its program is built by scripts/test, the contract's two by scripts/build; VAULT_PROGRAMS may say where they are.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Contract, JsonRpcProvider, Wallet, encryptKeystoreJson, keccak256 } from "ethers";
import { arbWasm } from "../lib/arbos.mjs";
import { ROOT, network } from "../lib/network.mjs";
import { initCode, programs, rootCode } from "../lib/program.mjs";
import { differences, extensionOf, vaultInterface } from "../lib/vault.mjs";

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
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(DEPLOYER|VAULT)_(?!PROGRAMS)/.test(key)));
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

/** The vault of a record, to be asked. */
function vault({ vault: { address } }) {
  return new Contract(address, vaultInterface, provider);
}

async function nonce() {
  return provider.getTransactionCount(new Wallet(KEY).address);
}

test("a program is cut into contracts that the chain takes", () => {
  const both = programs();
  for (const built of Object.values(both)) {
    for (const code of built.fragments) assert.ok((code.length - 2) / 2 <= 24_576);
    assert.equal(built.fragments.map((code) => code.slice(8)).join(""), built.fragments.length > 0 ? built.stream.toString("hex") : "");
  }
  assert.equal(both.vault.fragments.length, 0, "the vault is one contract");
  assert.equal(both.extension.fragments.length, 2);
  const { extension: built } = both;
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

test("a pool with room for too few prices for the policy's mean is refused until somebody makes room", async () => {
  const { pool } = JSON.parse(readFileSync(market));
  const file = join(directory, "longer.json");
  const policy = JSON.parse(readFileSync(join(ROOT, "deploy/policies/weth-usdc.json")));
  writeFileSync(file, JSON.stringify({ ...policy, venue: { ...policy.venue, twapSeconds: 600 } }));
  const start = await nonce();
  const usual = deploy(["--check"], {});
  assert.equal(usual.status, 0, usual.stderr);
  assert.match(usual.stderr, /room for 512 prices, \d+ in use; the oldest is \d+ s old/);
  assert.doesNotMatch(usual.stderr, /can be read in/, "the pool is older than the mean");
  const short = deploy(["--check", "--policy", file], {});
  refused(short, /router: pool 0x\w+ has room for 512 prices, a mean over 600 s needs 601/);
  const [, to, signature, count] = short.stderr.match(/cast send (0x\w+) "(\w+\(uint16\))" (\d+)/);
  assert.equal(to.toLowerCase(), pool.toLowerCase());
  assert.equal(await nonce(), start);
  // What it says to do is done, by somebody who has nothing to do with either.
  const other = (await provider.send("eth_accounts", []))[5];
  const signer = await provider.getSigner(other);
  await (await new Contract(to, [`function ${signature}`], signer)[signature](count)).wait();
  const grown = deploy(["--check", "--policy", file], {});
  assert.equal(grown.status, 0, grown.stderr);
  assert.match(grown.stderr, /room for 601 prices/);
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
  for (const name of ["vault", "extension"]) {
    assert.equal(written.verified[name].cached, true, name);
    assert.equal(written.verified[name].address, written[name].address);
    assert.ok(written.verified[name].secondsLeft > 364 * 86_400, name);
    assert.ok(BigInt(written[name].activationFee) > 0n, name);
  }
  assert.equal(await vault(written).extension(), written.extension.address);
  assert.equal(await extensionOf(provider, written.vault.address), written.extension.address);
  // What is read back would have told another one.
  const wanted = { ...network("devchain", market), extension: written.extension.address };
  assert.deepEqual(await differences(provider, written.vault.address, wanted), []);
  const wrong = await differences(provider, written.vault.address, { ...wanted, extension: written.vault.address });
  assert.deepEqual(wrong.map((fault) => fault.split(" is ")[0]), ["extension", "extension in storage"]);
  const sent = await nonce();
  const again = deploy(["--bid"]);
  assert.equal(again.status, 0, again.stderr);
  assert.equal(again.stdout, first.stdout);
  assert.equal(await nonce(), sent);
});

test("cut off after any step it goes on from the record", async () => {
  const complete = JSON.parse(readFileSync(record));
  const sent = await nonce();
  const { chainId } = complete;
  const { wasm, fragments, address } = complete.extension;
  const start = { chainId, extension: { wasm }, vault: { wasm: complete.vault.wasm } };
  // What is known of the extension: both fragments, or also the extension itself. Nothing is sent again, and the record is complete again.
  for (const extension of [{ wasm, fragments }, { wasm, fragments, address }]) {
    writeFileSync(record, JSON.stringify({ ...start, extension }));
    const result = deploy();
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stdout.trim(), complete.vault.address);
    const { verified, ...written } = JSON.parse(readFileSync(record));
    assert.deepEqual([written.extension.address, written.vault.address], [address, complete.vault.address]);
    assert.deepEqual(verified.roles, complete.verified.roles);
    assert.ok(verified.vault.cached && verified.extension.cached);
  }
  assert.equal(await nonce(), sent);
  // One fragment: the other is sent, and the extension is another contract, so the vault is too.
  writeFileSync(record, JSON.stringify({ ...start, extension: { wasm, fragments: fragments.slice(0, 1) } }));
  const result = deploy();
  assert.equal(result.status, 0, result.stderr);
  const written = JSON.parse(readFileSync(record));
  assert.equal(written.extension.fragments[0], fragments[0]);
  assert.notEqual(written.extension.address, address);
  assert.equal(await vault(written).extension(), written.extension.address);
  assert.equal(await nonce(), sent + 3, "a fragment, the extension, the vault");
  // The vault there was is as it was.
  assert.equal(await vault(complete).extension(), address);
  writeFileSync(record, JSON.stringify(complete));
});

test("a vault is cut off between its extension and itself", async () => {
  const complete = JSON.parse(readFileSync(record));
  const sent = await nonce();
  // The constructor refuses once the extension is there.
  const file = join(directory, "policy.json");
  const policy = JSON.parse(readFileSync(join(ROOT, "deploy/policies/weth-usdc.json")));
  writeFileSync(file, JSON.stringify({ ...policy, shares: { ...policy.shares, managementFeeBps: 201 } }));
  const other = join(directory, "other.json");
  refused(script("deploy", ["devchain", "--rpc", rpc, "--market", market, "--record", other, "--policy", file]), /PolicyOutOfBounds\(69\)/);
  const half = JSON.parse(readFileSync(other));
  assert.equal(half.vault.address, undefined);
  assert.notEqual(half.extension.address, complete.extension.address);
  assert.equal(await nonce(), sent + 3, "two fragments and the extension");
  const result = script("deploy", ["devchain", "--rpc", rpc, "--market", market, "--record", other]);
  assert.equal(result.status, 0, result.stderr);
  assert.equal(await nonce(), sent + 4, "the vault");
  const whole = JSON.parse(readFileSync(other));
  assert.equal(whole.extension.address, half.extension.address);
  assert.equal(await vault(whole).extension(), half.extension.address);
});

test("a record of another program is not written over", () => {
  const kept = readFileSync(record);
  for (const name of ["vault", "extension"]) {
    const other = JSON.parse(kept);
    other[name].wasm = "0x00";
    writeFileSync(record, JSON.stringify(other));
    refused(deploy(), /is of another program, vault 0x/);
    assert.deepEqual(JSON.parse(readFileSync(record)), other);
  }
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

test("keepalive extends both programs in their last months, waits before, and revives what has expired", async () => {
  const keepalive = (args = [], env) => script("keepalive", ["devchain", "--rpc", rpc, "--market", market, "--record", record, ...args], env);
  const pass = async (days) => {
    await provider.send("evm_increaseTime", [days * 86_400]);
    await provider.send("evm_mine", []);
  };
  const written = JSON.parse(readFileSync(record));
  const left = async () => Promise.all(["vault", "extension"].map((name) => arbWasm(provider).programTimeLeft(written[name].address)));
  const idle = keepalive([], {});
  assert.equal(idle.stderr.match(/nothing to do/g).length, 2, idle.stderr);
  const young = keepalive(["--days", "365"]);
  refused(young, /the vault was activated 0 days ago: a program younger than 31 days/);
  assert.match(young.stderr, /the extension was activated 0 days ago/);
  await pass(300);
  const extended = keepalive();
  assert.equal(extended.status, 0, extended.stderr);
  const lefts = await left();
  for (const seconds of lefts) assert.ok(seconds > 364n * 86_400n, `${seconds}`);
  assert.equal(BigInt(extended.stdout), lefts[0] < lefts[1] ? lefts[0] : lefts[1]);

  // Only the vault's program is extended: after a year its users are served and its extension's functions are not.
  await pass(300);
  const wallet = new Wallet(KEY, provider);
  const codehash = keccak256(await provider.getCode(written.vault.address));
  await (await arbWasm(wallet).codehashKeepalive(codehash, { value: 10n ** 18n })).wait();
  await pass(66);
  const contract = vault(written);
  assert.equal(await contract.symbol(), "ccWETH");
  await assert.rejects(contract.extension(), { code: "CALL_EXCEPTION" });
  await assert.rejects(contract.openEpoch.estimateGas(), { code: "CALL_EXCEPTION" });
  const revived = keepalive();
  assert.equal(revived.status, 0, revived.stderr);
  assert.equal(revived.stderr.match(/activating again/g).length, 1, revived.stderr);
  assert.match(revived.stderr, new RegExp(`extension ${written.extension.address} has expired`));
  assert.equal(await contract.extension(), written.extension.address);

  // Both have expired: what is the extension is read where the vault wrote it.
  await pass(366);
  await assert.rejects(contract.symbol(), { code: "CALL_EXCEPTION" });
  const both = script("keepalive", ["devchain", "--rpc", rpc, "--market", market, "--vault", written.vault.address]);
  assert.equal(both.status, 0, both.stderr);
  assert.equal(both.stderr.match(/activating again/g).length, 2, both.stderr);
  for (const seconds of await left()) assert.ok(seconds > 364n * 86_400n, `${seconds}`);
  assert.equal(await contract.extension(), written.extension.address);
  const { weth } = JSON.parse(readFileSync(market));
  refused(script("keepalive", ["devchain", "--rpc", rpc, "--market", market, "--vault", weth]), /is not a vault: it names no extension/);

  // An extension that was found expired is activated before a vault is constructed with it.
  await pass(366);
  const second = join(directory, "expired.json");
  const { chainId, extension } = written;
  writeFileSync(second, JSON.stringify({ chainId, extension, vault: { wasm: written.vault.wasm } }));
  const env = { DEPLOYER_KEY: KEY, VAULT_GUARDIAN: "0x000000000000000000000000000000000000dEaD" };
  const late = script("deploy", ["devchain", "--rpc", rpc, "--market", market, "--record", second], env);
  assert.equal(late.status, 0, late.stderr);
  assert.match(late.stderr, /extension: activated again/);
  assert.notEqual(late.stdout.trim(), written.vault.address);
  assert.equal(await extensionOf(provider, late.stdout.trim()), extension.address);
});

test("a market can be deployed where there is none, and a vault on it", () => {
  const built = join(directory, "built.json");
  const made = script("market", ["nitro-dev", "--rpc", rpc, "--price", "3000", "--out", built]);
  assert.equal(made.status, 0, made.stderr);
  const vault = script("deploy", ["nitro-dev", "--rpc", rpc, "--market", built, "--record", join(directory, "second.json")]);
  assert.equal(vault.status, 0, vault.stderr);
  // Its pool is new, and keeps enough prices: nothing but time is missing.
  assert.match(vault.stderr, /room for 320 prices, \d+ in use; the oldest is \d+ s old\n +its mean over 300 s can be read in \d+ s/);
  refused(script("market", ["arbitrum-one", "--rpc", rpc]), /has tokens and feeds of its own/);
});
