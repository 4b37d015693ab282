// A node for each test file, and the programs that talk to it.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "crates/target");
export const DEVCHAIN = join(target, "release/devchain");
/** The key of the first account, as public as its mnemonic. */
export const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
export const ABI = JSON.parse(readFileSync(join(ROOT, "abi/CoveredCallVault.json")));

/** Starts a node on any free port; `close` ends it. `market` says where the tokens and feeds are. */
export async function startNode(args = []) {
  const directory = mkdtempSync(join(tmpdir(), "devchain-test-"));
  const marketFile = join(directory, "market.json");
  const started = performance.now();
  const child = spawn(DEVCHAIN, ["--port", "0", "--market-file", marketFile, ...args]);
  child.stderr.pipe(process.stderr);
  const url = await new Promise((resolve, reject) => {
    let told = "";
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`devchain ended: ${told}`)));
    child.stdout.on("data", (data) => {
      told += data;
      const found = told.match(/at (http:\S+?),/);
      if (found) resolve(found[1]);
    });
  });
  const close = () => {
    child.removeAllListeners("exit");
    child.kill();
    rmSync(directory, { recursive: true });
  };
  const market = JSON.parse(readFileSync(marketFile));
  return { child, url, market, marketFile, directory, close, readyAfter: performance.now() - started };
}

/** One JSON-RPC request by hand. */
export async function ask(url, method, params = []) {
  const response = await fetch(url, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
  return response.json();
}

/** Runs a program and returns what it printed; `status` is what it must end with. */
export function run(program, args, { status = 0, ...options } = {}) {
  const done = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26, ...options });
  if (done.error) throw done.error;
  if (done.status !== status) throw new Error(`${program} ${args.join(" ")} ended with ${done.status}\n${done.stdout}\n${done.stderr}`);
  return { stdout: done.stdout, stderr: done.stderr };
}

/** Deploys a vault with scripts/deploy's program; its address. */
export function deployVault(node) {
  const record = join(node.directory, "record.json");
  const args = [join(ROOT, "deploy/deploy.mjs"), "devchain", "--rpc", node.url, "--market", node.marketFile, "--record", record];
  return run(process.execPath, args, { env: { ...process.env, DEPLOYER_KEY: KEY } }).stdout.trim();
}

/** Writes the key where tools that want a file find it. */
export function keyFile(node) {
  const file = join(node.directory, "key");
  writeFileSync(file, KEY);
  return file;
}
