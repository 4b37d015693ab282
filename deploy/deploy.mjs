#!/usr/bin/env node
// Deploys a vault: scripts/deploy --help says how.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { AbiCoder, Contract, formatEther, getCreate2Address, keccak256, solidityPackedKeccak256 } from "ethers";
import { activationFee, arbWasm, cacheManager, isActive, isCached, revertData } from "./lib/arbos.mjs";
import { check } from "./lib/checks.mjs";
import { signer } from "./lib/key.mjs";
import { ROOT, connect, names, network } from "./lib/network.mjs";
import { initCode, program, rootCode } from "./lib/program.mjs";
import { Refusal, parse, run, say } from "./lib/say.mjs";
import { constructorData, differences, isConstructed, vaultError } from "./lib/vault.mjs";

const HELP = `scripts/deploy NETWORK [options]      NETWORK: ${names().join(", ")}

  --rpc URL       the node; otherwise RPC_URL, otherwise the network's own
  --check         look at everything, send nothing
  --bid           bid for a place in the chain's cache of programs, at its least price
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

/** A record on disk, complete after each step. */
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
  async begin(provider, start) {
    const { chainId, wasm, vault, fragments = [] } = this.data;
    const codes = await Promise.all([vault?.address, ...fragments].filter(Boolean).map((address) => provider.getCode(address)));
    if (chainId === start.chainId && codes.every((code) => code === "0x")) {
      this.data = {};
    } else if (chainId !== undefined && (chainId !== start.chainId || wasm !== start.wasm)) {
      throw new Refusal(`${this.path} is of another ${chainId === start.chainId ? "program" : "chain"}${vault ? `, vault ${vault.address}` : ""}: move it away, or name another with --record`);
    }
    this.save(start);
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

/** Deploys the fragments that the record does not have. */
async function deployFragments(wallet, built, record) {
  const done = record.data.fragments ?? [];
  for (const [index, code] of built.fragments.entries()) {
    const known = done[index];
    if (known && (await wallet.provider.getCode(known)) === code) continue;
    const receipt = await mined(`fragment ${index + 1} of ${built.fragments.length}`, await wallet.sendTransaction({ data: initCode(code) }));
    if ((await wallet.provider.getCode(receipt.contractAddress)) !== code) throw new Refusal(`fragment ${index + 1} is not what was sent`);
    done[index] = receipt.contractAddress;
    record.save({ fragments: done });
  }
  return done;
}

/**
 * Creates, activates and constructs the vault in one transaction of the Stylus deployer, so that nobody constructs it first. The address depends on the
 * program and on every parameter: the same ones again are the same vault.
 */
async function deployVault(wallet, parameters, code, record) {
  const deployer = new Contract(parameters.stylusDeployer, DEPLOYER, wallet);
  const init = constructorData(parameters);
  const salt = solidityPackedKeccak256(["string", "bytes32"], ["covered-call-vault", keccak256(code)]);
  const bytecode = initCode(code);
  const address = getCreate2Address(parameters.stylusDeployer, solidityPackedKeccak256(["bytes32", "bytes"], [salt, init]), keccak256(bytecode));
  if ((await wallet.provider.getCode(address)) !== "0x") {
    say(`  the vault exists: ${address}`);
    return { address, ...(record.data.vault?.address === address ? record.data.vault : {}) };
  }
  const fee = await activationFee(wallet.provider, code);
  say(`  activation: ${formatEther(fee)} ether of data fee`);
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
  const receipt = await mined("vault: created, activated, constructed", response);
  return { address, transaction: receipt.hash, block: receipt.blockNumber, activationFee: String(fee) };
}

async function bid(wallet, parameters, vault, codehash) {
  if (!parameters.cacheManager) throw new Refusal(`${parameters.name} has no cache manager`);
  if (await isCached(wallet.provider, codehash)) return say("  cached already");
  const manager = cacheManager(parameters.cacheManager, wallet);
  const least = await manager.getMinBid(vault);
  await mined(`bid of ${formatEther(least)} ether for the cache`, await manager.placeBid(vault, { value: least }));
  if (!(await isCached(wallet.provider, codehash))) throw new Refusal("the bid was taken and the program is not cached");
}

async function verify(provider, parameters, address) {
  const codehash = keccak256(await provider.getCode(address));
  if (!(await isActive(provider, codehash))) throw new Refusal(`${address} is not activated: scripts/keepalive activates it`);
  if (!(await isConstructed(provider, address))) throw new Refusal(`${address} is not constructed`);
  const wrong = await differences(provider, address, parameters);
  if (wrong.length > 0) throw new Refusal(`${address} is not what was asked for:\n  ${wrong.join("\n  ")}`);
  const wasm = arbWasm(provider);
  const { gas, gasWhenCached } = await wasm.programInitGas(address);
  return { codehash, secondsLeft: Number(await wasm.programTimeLeft(address)), entryGas: Number(gas), entryGasCached: Number(gasWhenCached) };
}

run("deploy", async (argv) => {
  const { options, rest } = parse(argv, { help: "", rpc: "a URL", check: "", bid: "", market: "a file", policy: "a file", record: "a file" });
  if (options.help || rest.length !== 1) {
    process.stdout.write(HELP);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const parameters = network(rest[0], options.market && resolve(options.market), options.policy && resolve(options.policy));
  const built = program(process.env.VAULT_WASM ?? `${ROOT}/target/vault.wasm`);
  const provider = await connect(parameters, options.rpc);
  try {
    say(`${parameters.name}: looking at tokens, feeds and router`);
    await check(provider, parameters, built.fragments.length);
    // Encoded before anything is sent: a parameter that is missing is found here.
    constructorData(parameters);
    if (options.check) return say("all is as the parameters say; nothing was sent");
    const wallet = await signer(provider);
    say(`deploying from ${wallet.address}, which has ${formatEther(await provider.getBalance(wallet.address))} ether`);
    const path = resolve(options.record ?? `${ROOT}/deployments/${parameters.id}.json`);
    const record = new Record(path);
    await record.begin(provider, { network: parameters.id, chainId: parameters.chainId, wasm: built.hash, compressedBytes: built.stream.length });
    const code = rootCode(built, await deployFragments(wallet, built, record));
    const vault = await deployVault(wallet, parameters, code, record);
    record.save({ vault, constructorArguments: constructorData(parameters) });
    const facts = await verify(provider, parameters, vault.address);
    if (options.bid) await bid(wallet, parameters, vault.address, facts.codehash);
    const cached = await isCached(provider, facts.codehash);
    record.save({ verified: { ...facts, cached, roles: { owner: parameters.owner, guardian: parameters.guardian, feeRecipient: parameters.feeRecipient } } });
    say(`vault ${vault.address} is as asked for; record in ${path}`);
    process.stdout.write(`${vault.address}\n`);
  } finally {
    provider.destroy();
  }
});
