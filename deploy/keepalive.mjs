#!/usr/bin/env node
// Extends the year that an activated program lives: scripts/keepalive --help says how.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { formatEther, getAddress, keccak256 } from "ethers";
import { ARB_WASM, activationFee, arbWasm, iface, isActive, revertData } from "./lib/arbos.mjs";
import { signer } from "./lib/key.mjs";
import { ROOT, connect, names, network } from "./lib/network.mjs";
import { Refusal, parse, run, say } from "./lib/say.mjs";

const HELP = `scripts/keepalive NETWORK [options]      NETWORK: ${names().join(", ")}

A program lives for a year from its activation; after it every call fails until it is activated again. Anyone may extend the year, or activate again: the
vault's money does not move meanwhile. Run it from a timer, once a week.

  --days N        extend only when fewer than N days are left [90]
  --rpc URL       the node; otherwise RPC_URL, otherwise the network's own
  --vault ADDRESS otherwise the one of the record
  --record FILE   the record of scripts/deploy [deployments/NETWORK.json]
  --market FILE   as for scripts/deploy

The key is in DEPLOYER_KEYSTORE or DEPLOYER_KEY: any account with some ether.
`;
const DAY = 86_400n;

function vaultOf(options, id) {
  if (options.vault) return getAddress(options.vault);
  const path = resolve(options.record ?? `${ROOT}/deployments/${id}.json`);
  try {
    return getAddress(JSON.parse(readFileSync(path, "utf8")).vault.address);
  } catch (error) {
    throw new Refusal(`${path} names no vault (${error.message}); --vault ADDRESS does`);
  }
}

async function confirmed(response) {
  const receipt = await response.wait(1, 180_000);
  if (receipt.status !== 1) throw new Refusal(`refused in ${receipt.hash}`);
  return receipt;
}

run("keepalive", async (argv) => {
  const { options, rest } = parse(argv, { help: "", days: "a number", rpc: "a URL", vault: "an address", record: "a file", market: "a file" });
  if (options.help || rest.length !== 1) {
    process.stdout.write(HELP);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const days = Number(options.days ?? 90);
  if (!Number.isInteger(days) || days < 1) throw new Refusal("--days wants a whole number from 1");
  const parameters = network(rest[0], options.market && resolve(options.market));
  const address = vaultOf(options, parameters.id);
  const provider = await connect(parameters, options.rpc);
  try {
    const code = await provider.getCode(address);
    if (code === "0x") throw new Refusal(`no contract at ${address}`);
    const codehash = keccak256(code);
    const wasm = arbWasm(provider);
    if (!(await isActive(provider, codehash))) {
      const fee = await activationFee(provider, code);
      say(`${address} has expired or needs this version of Stylus: activating again for ${formatEther(fee)} ether`);
      const receipt = await confirmed(await arbWasm(await signer(provider)).activateProgram(address, { value: (fee * 12n) / 10n }));
      say(`activated in ${receipt.hash}`);
    } else {
      const left = await wasm.programTimeLeft(address);
      say(`${address}: ${left / DAY} days left`);
      if (left >= BigInt(days) * DAY) return say(`nothing to do before fewer than ${days} are left`);
      const wallet = await signer(provider);
      // The fee moves with demand; what is too much comes back.
      const fee = ((await keepaliveFee(provider, codehash)) * 12n) / 10n;
      const receipt = await confirmed(await arbWasm(wallet).codehashKeepalive(codehash, { value: fee }));
      say(`extended in ${receipt.hash}`);
    }
    const left = await wasm.programTimeLeft(address);
    say(`${address}: ${left / DAY} days left`);
    process.stdout.write(`${left}\n`);
  } finally {
    provider.destroy();
  }
});

/** Asks with nothing: the refusal says what is wanted. */
async function keepaliveFee(provider, codehash) {
  const data = iface.encodeFunctionData("codehashKeepalive", [codehash]);
  try {
    await provider.call({ to: ARB_WASM, data });
    return 0n;
  } catch (error) {
    const revert = revertData(error);
    const parsed = revert && iface.parseError(revert);
    if (parsed?.name === "ProgramInsufficientValue") return parsed.args.want;
    if (parsed?.name === "ProgramKeepaliveTooSoon") {
      throw new Refusal(`activated ${parsed.args.ageInSeconds / DAY} days ago: a program younger than 31 days cannot be extended`);
    }
    throw error;
  }
}
