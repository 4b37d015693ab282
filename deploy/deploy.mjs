#!/usr/bin/env node
// Deploys a vault: scripts/deploy --help says how.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Contract, ZeroAddress, formatEther, getCreate2Address, keccak256, solidityPackedKeccak256 } from "ethers";
import { activationFee, arbWasm, cacheManager, isActive, isCached, revertData } from "./lib/arbos.mjs";
import { check } from "./lib/checks.mjs";
import { signer } from "./lib/key.mjs";
import { ROOT, connect, names, network } from "./lib/network.mjs";
import { initCode, programs, rootCode } from "./lib/program.mjs";
import { Refusal, parse, run, say } from "./lib/say.mjs";
import { constructorData, differences, isConstructed, vaultError } from "./lib/vault.mjs";

const HELP = `scripts/deploy NETWORK [options]      NETWORK: ${names().join(", ")}

  --rpc URL       the node; otherwise RPC_URL, otherwise the network's own
  --check         look at everything, send nothing
  --bid           bid for places of both programs in the chain's cache, at its least price
  --market FILE   addresses of a market (scripts/market, scripts/devchain --market-file)
  --policy FILE   a policy, instead of the network's in deploy/policies
  --record FILE   where the record goes [deployments/NETWORK.json]

The key is in DEPLOYER_KEYSTORE (a file; DEPLOYER_PASSWORD, or it is asked for) or DEPLOYER_KEY. VAULT_OWNER, VAULT_GUARDIAN and VAULT_FEE_RECIPIENT
replace the roles of networks/NETWORK.json. Safe to run again: what the record says exists is looked at and not sent twice.
`;
const DEPLOYER = [
  "function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) payable returns (address)",
  "event ContractDeployed(address deployedContract)",
  "error ContractInitializationError(address newContract, bytes data)",
];

/** A record on disk, complete after each step. It has an entry for each program. */
class Record {
  constructor(path) {
    this.path = path;
    try {
      this.data = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      if (error.code !== "ENOENT") throw new Refusal(`${path}: ${error.message}`);
      this.data = {};
    }
  }

  /** Begins with what must be the same in every run. A chain that knows nothing of what is recorded was started anew, and so is the record. */
  async begin(provider, start, built) {
    const { chainId, vault, extension } = this.data;
    const recorded = [vault, extension].flatMap((entry) => [entry?.address, ...(entry?.fragments ?? [])]).filter(Boolean);
    const codes = await Promise.all(recorded.map((address) => provider.getCode(address)));
    const same = ["vault", "extension"].every((name) => this.data[name]?.wasm === built[name].hash);
    if (chainId === start.chainId && codes.every((code) => code === "0x")) {
      this.data = {};
    } else if (chainId !== undefined && (chainId !== start.chainId || !same)) {
      const which = chainId === start.chainId ? "program" : "chain";
      throw new Refusal(`${this.path} is of another ${which}${vault?.address ? `, vault ${vault.address}` : ""}: move it away, or name another with --record`);
    }
    this.save(start);
    for (const name of ["extension", "vault"]) this.add(name, { wasm: built[name].hash, compressedBytes: built[name].stream.length });
  }

  /** Puts more into the entry of a program. */
  add(name, more) {
    this.save({ [name]: { ...this.data[name], ...more } });
  }

  save(more) {
    Object.assign(this.data, more);
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.tmp`, `${JSON.stringify(this.data, null, 2)}\n`);
    renameSync(`${this.path}.tmp`, this.path);
  }
}

async function mined(what, response) {
  const receipt = await response.wait(1, 180_000);
  if (receipt.status !== 1) throw new Refusal(`${what} was refused in ${receipt.hash}`);
  say(`  ${what}: ${receipt.hash}, ${receipt.gasUsed} gas`);
  return receipt;
}

/** Deploys the fragments of a program that the record does not have; one that is a single contract has none. */
async function deployFragments(wallet, name, built, record) {
  const done = [...(record.data[name].fragments ?? [])];
  for (const [index, code] of built.fragments.entries()) {
    const known = done[index];
    if (known && (await wallet.provider.getCode(known)) === code) continue;
    const what = `${name}: fragment ${index + 1} of ${built.fragments.length}`;
    const receipt = await mined(what, await wallet.sendTransaction({ data: initCode(code) }));
    if ((await wallet.provider.getCode(receipt.contractAddress)) !== code) throw new Refusal(`${what} is not what was sent`);
    done[index] = receipt.contractAddress;
    record.add(name, { fragments: done });
  }
  return done;
}

/**
 * Creates and activates a program, and runs its constructor if it has one, in one transaction of the Stylus deployer, so that nobody constructs it
 * first. The address depends on the program and on every parameter: the same ones again are the same contract. Returns the address.
 */
async function deployProgram(wallet, parameters, name, built, init, record) {
  const { provider } = wallet;
  const code = rootCode(built, await deployFragments(wallet, name, built, record));
  const deployer = new Contract(parameters.stylusDeployer, DEPLOYER, wallet);
  const salt = solidityPackedKeccak256(["string", "bytes32"], ["covered-call-vault", keccak256(code)]);
  const bytecode = initCode(code);
  const address = getCreate2Address(parameters.stylusDeployer, solidityPackedKeccak256(["bytes32", "bytes"], [salt, init]), keccak256(bytecode));
  if ((await provider.getCode(address)) !== "0x") {
    say(`  the ${name} exists: ${address}`);
    if (record.data[name].address !== address) record.add(name, { address, transaction: undefined, block: undefined, activationFee: undefined });
    return address;
  }
  const fee = await activationFee(provider, code);
  say(`  ${name}: ${formatEther(fee)} ether of data fee to activate`);
  // The fee moves with demand; what is too much comes back.
  const value = (fee * 12n) / 10n;
  let response;
  try {
    const gas = await deployer.deploy.estimateGas(bytecode, init, 0, salt, { value });
    response = await deployer.deploy(bytecode, init, 0, salt, { value, gasLimit: (gas * 12n) / 10n });
  } catch (error) {
    const revert = revertData(error);
    const refusal = revert && deployer.interface.parseError(revert);
    if (refusal?.name === "ContractInitializationError") throw new Refusal(`the constructor refuses: ${vaultError(refusal.args.data)}`);
    throw error;
  }
  const receipt = await mined(`${name}: created, activated${init === "0x" ? "" : ", constructed"}`, response);
  record.add(name, { address, transaction: receipt.hash, block: receipt.blockNumber, activationFee: String(fee) });
  return address;
}

/** The extension, in a state in which the vault's constructor can run it: one that was there already may have expired. */
async function deployExtension(wallet, parameters, built, record) {
  const address = await deployProgram(wallet, parameters, "extension", built, "0x", record);
  const code = await wallet.provider.getCode(address);
  if (!(await isActive(wallet.provider, keccak256(code)))) {
    const fee = await activationFee(wallet.provider, code);
    const response = await arbWasm(wallet).activateProgram(address, { value: (fee * 12n) / 10n });
    await mined(`extension: activated again for ${formatEther(fee)} ether`, response);
  }
  return address;
}

async function bid(wallet, parameters, name, { address, codehash }) {
  if (!parameters.cacheManager) throw new Refusal(`${parameters.name} has no cache manager`);
  if (await isCached(wallet.provider, codehash)) return say(`  the ${name} is cached already`);
  const manager = cacheManager(parameters.cacheManager, wallet);
  const least = await manager.getMinBid(address);
  await mined(`${name}: bid of ${formatEther(least)} ether for the cache`, await manager.placeBid(address, { value: least }));
  if (!(await isCached(wallet.provider, codehash))) throw new Refusal(`the bid was taken and the ${name} is not cached`);
}

/** What the chain says of a program that must be active. */
async function activated(provider, name, address) {
  const codehash = keccak256(await provider.getCode(address));
  if (!(await isActive(provider, codehash))) throw new Refusal(`the ${name} ${address} is not activated: scripts/keepalive activates it`);
  const wasm = arbWasm(provider);
  const { gas, gasWhenCached } = await wasm.programInitGas(address);
  return { address, codehash, secondsLeft: Number(await wasm.programTimeLeft(address)), entryGas: Number(gas), entryGasCached: Number(gasWhenCached) };
}

/** Reads everything back: both programs are active, and the vault is what was asked for, with that extension. */
async function verify(provider, parameters, vault) {
  const facts = {
    vault: await activated(provider, "vault", vault),
    extension: await activated(provider, "extension", parameters.extension),
  };
  if (!(await isConstructed(provider, vault))) throw new Refusal(`${vault} is not constructed`);
  const wrong = await differences(provider, vault, parameters);
  if (wrong.length > 0) throw new Refusal(`${vault} is not what was asked for:\n  ${wrong.join("\n  ")}`);
  return facts;
}

run("deploy", async (argv) => {
  const { options, rest } = parse(argv, { help: "", rpc: "a URL", check: "", bid: "", market: "a file", policy: "a file", record: "a file" });
  if (options.help || rest.length !== 1) {
    process.stdout.write(HELP);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const parameters = network(rest[0], options.market && resolve(options.market), options.policy && resolve(options.policy));
  const built = programs();
  const provider = await connect(parameters, options.rpc);
  try {
    say(`${parameters.name}: looking at tokens, feeds and router`);
    await check(provider, parameters, Math.max(built.vault.fragments.length, built.extension.fragments.length));
    // Encoded before anything is sent, with any address for the extension: a parameter that is missing is found here.
    constructorData({ ...parameters, extension: ZeroAddress });
    if (options.check) return say("all is as the parameters say; nothing was sent");
    const wallet = await signer(provider);
    say(`deploying from ${wallet.address}, which has ${formatEther(await provider.getBalance(wallet.address))} ether`);
    const path = resolve(options.record ?? `${ROOT}/deployments/${parameters.id}.json`);
    const record = new Record(path);
    await record.begin(provider, { network: parameters.id, chainId: parameters.chainId }, built);
    parameters.extension = await deployExtension(wallet, parameters, built.extension, record);
    const init = constructorData(parameters);
    const vault = await deployProgram(wallet, parameters, "vault", built.vault, init, record);
    record.save({ constructorArguments: init });
    const facts = await verify(provider, parameters, vault);
    for (const name of ["vault", "extension"]) {
      if (options.bid) await bid(wallet, parameters, name, facts[name]);
      facts[name].cached = await isCached(provider, facts[name].codehash);
    }
    record.save({ verified: { ...facts, roles: { owner: parameters.owner, guardian: parameters.guardian, feeRecipient: parameters.feeRecipient } } });
    say(`vault ${vault} with extension ${parameters.extension} is as asked for; record in ${path}`);
    process.stdout.write(`${vault}\n`);
  } finally {
    provider.destroy();
  }
});
