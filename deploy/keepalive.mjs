#!/usr/bin/env node
// Extends the year that the two activated programs of a vault live: scripts/keepalive --help says how.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ZeroAddress, formatEther, getAddress, keccak256 } from "ethers";
import { ARB_WASM, activationFee, arbWasm, iface, isActive, revertData } from "./lib/arbos.mjs";
import { signer } from "./lib/key.mjs";
import { ROOT, connect, names, network } from "./lib/network.mjs";
import { Refusal, parse, run, say } from "./lib/say.mjs";
import { extensionOf } from "./lib/vault.mjs";

const HELP = `scripts/keepalive NETWORK [options]      NETWORK: ${names().join(", ")}

A program lives for a year from its activation; after it every call fails until it is activated again. A vault is two programs, and both are looked after:
without its extension openEpoch, rebalance, settle, roll and observe fail, while shares and options still move, and are redeemed and exercised where they
could be before. Anyone may extend the year, or activate again: the vault's money does not move meanwhile. Run it from a timer, once a week. Prints the
seconds that the one with less time has left.

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

/** Extends or revives one program where that is due; the seconds it has left then. */
async function keep(provider, name, address, days) {
  const code = await provider.getCode(address);
  if (code === "0x") throw new Refusal(`no contract at ${address}, the ${name}`);
  const codehash = keccak256(code);
  const wasm = arbWasm(provider);
  const what = `${name} ${address}`;
  if (!(await isActive(provider, codehash))) {
    const fee = await activationFee(provider, code);
    say(`${what} has expired or needs this version of Stylus: activating again for ${formatEther(fee)} ether`);
    const receipt = await confirmed(await arbWasm(await signer(provider)).activateProgram(address, { value: (fee * 12n) / 10n }));
    say(`activated in ${receipt.hash}`);
  } else {
    const left = await wasm.programTimeLeft(address);
    say(`${what}: ${left / DAY} days left`);
    if (left >= BigInt(days) * DAY) {
      say(`nothing to do before fewer than ${days} are left`);
      return left;
    }
    // The fee moves with demand; what is too much comes back.
    const fee = ((await keepaliveFee(provider, name, codehash)) * 12n) / 10n;
    const receipt = await confirmed(await arbWasm(await signer(provider)).codehashKeepalive(codehash, { value: fee }));
    say(`extended in ${receipt.hash}`);
  }
  const left = await wasm.programTimeLeft(address);
  say(`${what}: ${left / DAY} days left`);
  return left;
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
    const extension = await extensionOf(provider, address);
    if (extension === ZeroAddress) throw new Refusal(`${address} is not a vault: it names no extension`);
    const [lefts, refusals] = [[], []];
    // What is wrong with one does not keep the other from its year.
    for (const [name, program] of Object.entries({ vault: address, extension })) {
      try {
        lefts.push(await keep(provider, name, program, days));
      } catch (error) {
        refusals.push(error instanceof Refusal ? error.message : `${name}: ${error.shortMessage ?? error.stack}`);
      }
    }
    if (refusals.length > 0) throw new Refusal([...new Set(refusals)].join("\n  "));
    process.stdout.write(`${lefts.reduce((least, left) => (left < least ? left : least))}\n`);
  } finally {
    provider.destroy();
  }
});

/** Asks with nothing: the refusal says what is wanted. */
async function keepaliveFee(provider, name, codehash) {
  const data = iface.encodeFunctionData("codehashKeepalive", [codehash]);
  try {
    await provider.call({ to: ARB_WASM, data });
    return 0n;
  } catch (error) {
    const revert = revertData(error);
    const parsed = revert && iface.parseError(revert);
    if (parsed?.name === "ProgramInsufficientValue") return parsed.args.want;
    if (parsed?.name === "ProgramKeepaliveTooSoon") {
      throw new Refusal(`the ${name} was activated ${parsed.args.ageInSeconds / DAY} days ago: a program younger than 31 days cannot be extended`);
    }
    throw error;
  }
}
