// The program itself: start, HTTP, end.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { DEVCHAIN, ROOT, ask, run, startNode } from "./support.mjs";

let node;
before(async () => {
  node = await startNode();
});
after(() => node.close());

const post = (body, headers) => fetch(node.url, { method: "POST", body, headers });

test("it is ready within two seconds, with its market", async () => {
  assert.ok(node.readyAfter < 2_000, `${node.readyAfter} ms`);
  assert.equal((await ask(node.url, "eth_chainId")).result, "0x64aba");
  assert.equal((await ask(node.url, "eth_accounts")).result.length, 10);
  for (const name of ["weth", "usdc", "router", "ethFeed", "usdcFeed", "sequencerFeed", "stylusDeployer", "cacheManager", "pool"]) {
    const { result } = await ask(node.url, "eth_getCode", [node.market[name], "latest"]);
    assert.ok(result.length > 100, `${name} has code`);
  }
});

test("whatever comes over HTTP, an answer goes back and the node stays", async () => {
  assert.equal((await (await post("{")).json()).error.code, -32700);
  assert.equal((await (await post(Buffer.from([0xff, 0x00]))).json()).error.code, -32700);
  assert.equal((await fetch(node.url)).status, 405);
  assert.equal((await post("x".repeat(17 * 1024 * 1024)).catch(() => ({ status: 413 }))).status, 413);
  assert.equal((await fetch(`${node.url}/elsewhere`, { method: "POST", body: "{}" })).status, 404);
  const notification = await post('{"jsonrpc":"2.0","method":"eth_chainId"}');
  assert.equal(notification.status, 204);
  assert.equal((await ask(node.url, "eth_chainId")).result, "0x64aba");
});

test("a page in a browser may ask", async () => {
  const preflight = await fetch(node.url, { method: "OPTIONS" });
  assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
  const answer = await post('{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}');
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
});

test("many ask at once", async () => {
  const answers = await Promise.all(Array.from({ length: 500 }, () => ask(node.url, "eth_blockNumber")));
  assert.ok(answers.every((answer) => answer.result === "0x0"));
});

test("arguments that make no sense are refused with a word", async () => {
  const start = (...args) => spawnSync(DEVCHAIN, args, { encoding: "utf8" });
  const wrong = start("--history", "0");
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--history wants/);
  assert.match(start("--help").stdout, /--market-file FILE/);
  const taken = start("--port", new URL(node.url).port);
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /--port \d+: .*in use/);
  const unwritable = start("--port", "0", "--market-file", "/nowhere/market.json");
  assert.equal(unwritable.status, 1);
  assert.match(unwritable.stderr, /\/nowhere\/market.json/);
});

test("an interrupt ends it in order", async () => {
  const other = await startNode();
  other.child.removeAllListeners("exit");
  other.child.kill("SIGINT");
  const [status] = await once(other.child, "exit");
  assert.equal(status, 0);
});

test("scripts/devchain starts it", () => {
  assert.match(run(join(ROOT, "scripts/devchain"), ["--help"]).stdout, /^devchain: /);
});
