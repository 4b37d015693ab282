// The vault's interface, its constructor from named parameters, and what a deployed one says of itself.
import { readFileSync } from "node:fs";
import { AbiCoder, Interface, concat, dataSlice, encodeBytes32String, getAddress, id, parseUnits, toBeHex } from "ethers";
import { ROOT } from "./network.mjs";
import { Refusal } from "./say.mjs";

const abi = JSON.parse(readFileSync(`${ROOT}/abi/CoveredCallVault.json`, "utf8"));
export const vaultInterface = new Interface(abi);
/** First bytes of a call of the constructor, as the Stylus deployer makes it. */
const CONSTRUCTOR = id("stylus_constructor()").slice(0, 10);
/** Where the vault keeps its extension: `EXTENSION` in src/storage/mod.rs. */
const EXTENSION = 26;

/** The values of the constructor's parameters, by name. */
function named(parameters) {
  const address = (thing) => thing?.address ?? "0x0000000000000000000000000000000000000000";
  return {
    extension: parameters.extension,
    asset: address(parameters.asset),
    quote: address(parameters.quote),
    assetFeed: address(parameters.assetFeed),
    quoteFeed: address(parameters.quoteFeed),
    sequencerFeed: address(parameters.sequencerFeed),
    router: address(parameters.router),
    volatility: parseUnits(parameters.volatility, 18),
    name: encodeBytes32String(parameters.shareName),
    symbol: encodeBytes32String(parameters.shareSymbol),
    owner: parameters.owner,
    guardian: parameters.guardian,
    feeRecipient: parameters.feeRecipient,
    policy: parameters.policy,
  };
}

/** A value for an ABI type; every field of a struct must be there, and no other. */
function value(type, given, path) {
  if (given === undefined) throw new Refusal(`${path} is missing`);
  if (type.baseType !== "tuple") return given;
  const extra = Object.keys(given).filter((key) => !type.components.some((field) => field.name === key));
  if (extra.length > 0) throw new Refusal(`${path} has no field ${extra.join(", ")}`);
  return type.components.map((field) => value(field, given[field.name], `${path}.${field.name}`));
}

/** Calldata of the constructor. */
export function constructorData(parameters) {
  const given = named(parameters);
  const types = vaultInterface.deploy.inputs;
  const values = types.map((type) => value(type, given[type.name], type.name));
  return concat([CONSTRUCTOR, AbiCoder.defaultAbiCoder().encode(types, values)]);
}

/** Encodes a value so that what was set and what is read can be compared. */
function encoded(type, given, path) {
  return AbiCoder.defaultAbiCoder().encode([type], [value(type, given, path)]);
}

async function read(provider, address, name, args = []) {
  // Some names are overloaded: those of shares and of options.
  const signature = vaultInterface.getFunction(name, args).format("sighash");
  const result = await provider.call({ to: address, data: vaultInterface.encodeFunctionData(signature, args) });
  return { result: vaultInterface.decodeFunctionResult(signature, result), raw: result };
}

/**
 * The extension of a vault, out of the word of storage that the constructor wrote it to. `extension()` says the same, but only while both programs are
 * active.
 */
export async function extensionOf(provider, vault) {
  return getAddress(dataSlice(await provider.getStorage(vault, EXTENSION), 12));
}

/** What of a deployed vault differs from its parameters; empty when nothing does. */
export async function differences(provider, address, parameters) {
  const wanted = named(parameters);
  const wrong = [];
  const expect = (what, actual, expected) => {
    const [a, b] = [String(actual).toLowerCase(), String(expected).toLowerCase()];
    if (a !== b) wrong.push(`${what} is ${actual}, not ${expected}`);
  };
  const one = async (name) => (await read(provider, address, name)).result[0];
  expect("extension", await one("extension"), wanted.extension);
  expect("extension in storage", await extensionOf(provider, address), wanted.extension);
  expect("asset", await one("asset"), wanted.asset);
  expect("quote", await one("quoteToken"), wanted.quote);
  const venues = (await read(provider, address, "venues")).result;
  for (const field of ["assetFeed", "quoteFeed", "sequencerFeed", "router"]) expect(field, venues[field], wanted[field]);
  expect("owner", await one("owner"), wanted.owner);
  expect("guardian", (await read(provider, address, "guardian")).result[0], wanted.guardian);
  expect("name", await one("name"), parameters.shareName);
  expect("symbol", await one("symbol"), parameters.shareSymbol);
  const { raw } = await read(provider, address, "policy");
  const policy = vaultInterface.getFunction("policy").outputs[0];
  if (raw !== encoded(policy, wanted.policy, "policy")) wrong.push("the policy is another");
  return wrong;
}

/** Whether a vault at this address has been through its constructor. */
export async function isConstructed(provider, address) {
  const { result } = await read(provider, address, "epoch");
  return result.since > 0n;
}

/** The vault's own error that a revert carries, in words. */
export function vaultError(data) {
  const parsed = typeof data === "string" && data.length >= 10 ? vaultInterface.parseError(data) : null;
  return parsed ? `${parsed.name}(${parsed.args.map(String).join(", ")})` : `${data ?? toBeHex(0)}`;
}
