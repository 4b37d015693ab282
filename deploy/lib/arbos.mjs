// What of ArbOS the scripts ask: activation, lifetime, cache.
import { Contract, Interface, Wallet, toQuantity, parseEther } from "ethers";

export const ARB_WASM = "0x0000000000000000000000000000000000000071";
const ARB_WASM_CACHE = "0x0000000000000000000000000000000000000072";
const ARB_OWNER_PUBLIC = "0x000000000000000000000000000000000000006b";

const ABI = [
  "function activateProgram(address program) payable returns (uint16 version, uint256 dataFee)",
  "function codehashKeepalive(bytes32 codehash) payable",
  "function stylusVersion() view returns (uint16)",
  "function codehashVersion(bytes32 codehash) view returns (uint16)",
  "function programTimeLeft(address program) view returns (uint64)",
  "function programInitGas(address program) view returns (uint64 gas, uint64 gasWhenCached)",
  "function expiryDays() view returns (uint16)",
  "function keepaliveDays() view returns (uint16)",
  "event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee)",
  "error ProgramNotWasm()",
  "error ProgramNotActivated()",
  "error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion)",
  "error ProgramExpired(uint64 ageInSeconds)",
  "error ProgramUpToDate()",
  "error ProgramKeepaliveTooSoon(uint64 ageInSeconds)",
  "error ProgramInsufficientValue(uint256 have, uint256 want)",
];
const CACHE_MANAGER = [
  "function getMinBid(address program) view returns (uint192)",
  "function placeBid(address program) payable",
];

export const iface = new Interface(ABI);

export function arbWasm(runner) {
  return new Contract(ARB_WASM, ABI, runner);
}

export function cacheManager(address, runner) {
  return new Contract(address, CACHE_MANAGER, runner);
}

export async function isCached(provider, codehash) {
  const cache = new Contract(ARB_WASM_CACHE, ["function codehashIsCached(bytes32) view returns (bool)"], provider);
  return cache.codehashIsCached(codehash);
}

/** What a call that failed reverted with, wherever the client put it. */
export function revertData(error) {
  const found = [error.data, error.info?.error?.data, error.error?.data].find((data) => typeof data === "string" && data.length >= 10);
  return found ?? null;
}

/** In how many fragments a program may come; 0 where a chain knows none. */
export async function maxFragments(provider) {
  const owner = new Contract(ARB_OWNER_PUBLIC, ["function getMaxStylusContractFragments() view returns (uint8)"], provider);
  try {
    return Number(await owner.getMaxStylusContractFragments());
  } catch {
    return 0;
  }
}

/** Whether the code is activated under the chain's present version. */
export async function isActive(provider, codehash) {
  const wasm = arbWasm(provider);
  try {
    return (await wasm.codehashVersion(codehash)) === (await wasm.stylusVersion());
  } catch {
    return false;
  }
}

/** What activating `code` costs in wei; 0 when it is active already. Nothing is sent: it is tried at an address that nobody has. */
export async function activationFee(provider, code) {
  const [program, sender] = [Wallet.createRandom().address, Wallet.createRandom().address];
  const data = iface.encodeFunctionData("activateProgram", [program]);
  const call = { from: sender, to: ARB_WASM, data, value: toQuantity(parseEther("1")) };
  const overrides = { [program]: { code }, [sender]: { balance: toQuantity(parseEther("2")) } };
  try {
    const result = await provider.send("eth_call", [call, "latest", overrides]);
    return iface.decodeFunctionResult("activateProgram", result).dataFee;
  } catch (error) {
    const revert = revertData(error);
    if (revert && iface.parseError(revert)?.name === "ProgramUpToDate") return 0n;
    throw error;
  }
}
