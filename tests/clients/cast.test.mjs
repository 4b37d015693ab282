// Foundry's cast.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KEY, ROOT, run, startNode } from "./support.mjs";

const CAST = join(ROOT, "tests/clients/node_modules/.bin/cast");
const ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
let node, weth;

before(async () => {
  node = await startNode();
  weth = node.market.weth;
});
after(() => node.close());

function cast(...args) {
  return run(CAST, args, { env: { ...process.env, ETH_RPC_URL: node.url } }).stdout.trim();
}

function send(...args) {
  return JSON.parse(cast("send", "--json", "--private-key", KEY, ...args));
}

test("call and the reading of accounts", () => {
  assert.equal(cast("chain-id"), "412346");
  assert.equal(cast("call", weth, "symbol()(string)"), '"WETH"');
  assert.equal(cast("call", node.market.usdc, "decimals()(uint8)"), "6");
  assert.equal(cast("balance", ALICE), "10000000000000000000000");
  assert.equal(cast("nonce", BOB), "0");
  assert.ok(cast("code", weth).length > 1_000);
  assert.equal(cast("gas-price"), "100000000");
  // Slot 2 of WETH9 holds the decimals.
  assert.equal(BigInt(cast("storage", weth, "2")), 18n);
});

test("send, in each kind of transaction, and the receipt", () => {
  const kinds = [[[], "0x2"], [["--legacy"], "0x0"]];
  for (const [flags, type] of kinds) {
    const sent = send(...flags, weth, "deposit()", "--value", "1ether");
    assert.equal(sent.status, "0x1");
    const receipt = JSON.parse(cast("receipt", "--json", sent.transactionHash));
    assert.equal(receipt.type, type);
    assert.equal(receipt.logs.length, 1);
    assert.equal(receipt.gasUsed, sent.gasUsed);
    const transaction = JSON.parse(cast("tx", "--json", sent.transactionHash));
    assert.equal(BigInt(transaction.value), 10n ** 18n);
    assert.equal(transaction.blockHash, receipt.blockHash);
  }
  const list = JSON.stringify([{ address: weth, storageKeys: [`0x${"0".repeat(64)}`] }]);
  assert.equal(send("--access-list", list, weth, "deposit()", "--value", "1").status, "0x1");
});

test("logs by address, topic and range", () => {
  const signature = "Deposit(address indexed,uint256)";
  const all = JSON.parse(cast("logs", "--json", "--address", weth, "--from-block", "0", signature));
  assert.equal(all.length, 3);
  const first = Number(all[0].blockNumber);
  const one = JSON.parse(cast("logs", "--json", "--address", weth, "--from-block", String(first), "--to-block", String(first)));
  assert.equal(one.length, 1);
  const ofBob = JSON.parse(cast("logs", "--json", "--from-block", "0", signature, BOB));
  assert.equal(ofBob.length, 0);
});

test("estimate is what is used", () => {
  const estimate = Number(cast("estimate", "--from", ALICE, weth, "transfer(address,uint256)", BOB, "5"));
  const used = Number(send(weth, "transfer(address,uint256)", BOB, "5").gasUsed);
  assert.ok(estimate >= used && estimate < used * 1.05, `${estimate} for ${used}`);
});

test("block --json", () => {
  const block = JSON.parse(cast("block", "latest", "--json"));
  assert.equal(Number(block.number), Number(cast("block-number")));
  assert.equal(block.transactions.length, 1);
  const full = JSON.parse(cast("block", "latest", "--json", "--full"));
  assert.equal(full.transactions[0].hash, block.transactions[0]);
  assert.equal(JSON.parse(cast("block", "0", "--json")).number, "0x0");
  assert.equal(cast("base-fee"), "100000000");
});

test("a revert is told with its reason", () => {
  const env = { ...process.env, ETH_RPC_URL: node.url };
  // The package's wrapper does not pass the program's status on.
  const broke = run(CAST, ["call", node.market.usdc, "transfer(address,uint256)", BOB, "1", "--from", node.market.weth], { env });
  assert.equal(broke.stdout, "");
  assert.match(broke.stderr, /transfer amount exceeds balance/);
});

test("rpc: what only development chains know", () => {
  const snapshot = cast("rpc", "evm_snapshot");
  cast("rpc", "anvil_setBalance", BOB, "0x1");
  assert.equal(cast("balance", BOB), "1");
  cast("rpc", "anvil_impersonateAccount", node.market.operator);
  const minted = cast("send", "--json", "--unlocked", "--from", node.market.operator, node.market.usdc, "transfer(address,uint256)", BOB, "0");
  assert.equal(JSON.parse(minted).status, "0x1");
  assert.equal(cast("rpc", "evm_revert", JSON.parse(snapshot)), "true");
  assert.equal(cast("balance", BOB), "10000000000000000000000");
  const trace = JSON.parse(cast("rpc", "debug_traceCall", JSON.stringify({ to: node.market.usdc, data: "0x313ce567" }), "latest", '{"tracer":"callTracer"}'));
  assert.equal(trace.calls[0].type, "DELEGATECALL");
});

test("a price is moved in the name of the feed's oracle, as the README of the node says", () => {
  const { ethFeed, operator } = node.market;
  const oracle = cast("call", ethFeed, "aggregator()(address)");
  cast("rpc", "anvil_impersonateAccount", operator);
  const round = Number(cast("call", oracle, "latestRound()(uint256)")) + 1;
  cast("send", "--unlocked", "--from", operator, oracle, "submit(uint256,int256)", String(round), "210000000000");
  assert.match(cast("call", ethFeed, "latestAnswer()(int256)"), /^210000000000 /);
});
