// Parameter files: which chain, which tokens and feeds, who has which role, which policy.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FetchRequest, JsonRpcProvider, getAddress } from "ethers";
import { Refusal } from "./say.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function json(path, what) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Refusal(`${what}: ${error.message}`);
  }
}

export function names() {
  return readdirSync(new URL("../networks", import.meta.url)).map((file) => file.replace(/\.json$/, ""));
}

/** What a market's record (scripts/market, scripts/devchain --market-file) says, put over a parameter file. */
function merged(file, market) {
  const put = (field, address) => (address === undefined ? file[field] : { ...file[field], address });
  return {
    ...file,
    asset: put("asset", market.weth),
    quote: put("quote", market.usdc),
    assetFeed: put("assetFeed", market.ethFeed),
    quoteFeed: put("quoteFeed", market.usdcFeed),
    sequencerFeed: put("sequencerFeed", market.sequencerFeed),
    router: put("router", market.router),
    stylusDeployer: market.stylusDeployer ?? file.stylusDeployer,
    cacheManager: market.cacheManager ?? file.cacheManager,
  };
}

const ROLES = { owner: "VAULT_OWNER", guardian: "VAULT_GUARDIAN", feeRecipient: "VAULT_FEE_RECIPIENT" };

/** A parameter file as it is. */
export function networkFile(name) {
  if (!names().includes(name)) throw new Refusal(`no network ${name}; there are ${names().join(", ")}`);
  return json(new URL(`../networks/${name}.json`, import.meta.url), `networks/${name}.json`);
}

/** The parameters of a network, its policy included. `marketFile` and `policyFile` replace those that the network names. */
export function network(name, marketFile, policyFile) {
  let file = networkFile(name);
  const market = marketFile ?? (file.market && `${ROOT}/${file.market}`);
  if (market) file = merged(file, json(market, `the market of ${name} (scripts/market or scripts/devchain --market-file writes it)`));
  for (const [role, variable] of Object.entries(ROLES)) {
    const value = process.env[variable] ?? file[role];
    if (value === undefined || value === null) throw new Refusal(`${role} is not set: in networks/${name}.json, or ${variable}`);
    try {
      file[role] = getAddress(value);
    } catch {
      throw new Refusal(`${role} is no address: ${value}`);
    }
  }
  const policy = policyFile ?? new URL(`../policies/${file.policy}.json`, import.meta.url);
  file.policy = json(policy, policyFile ?? `policies/${file.policy}.json`);
  return { ...file, id: name };
}

/** A connection to the chain that the parameters are for, and no other. */
export async function connect(parameters, rpc) {
  const url = rpc ?? process.env.RPC_URL ?? parameters.rpc;
  if (!url) throw new Refusal("no RPC: --rpc URL, or RPC_URL");
  const request = new FetchRequest(url);
  request.timeout = 60_000;
  const provider = new JsonRpcProvider(request, undefined, { batchMaxCount: 1, cacheTimeout: -1, pollingInterval: 500 });
  let chainId;
  try {
    chainId = Number(await provider.send("eth_chainId", []));
  } catch (error) {
    provider.destroy();
    throw new Refusal(`${url} does not answer: ${error.shortMessage ?? error.message}`);
  }
  if (chainId !== parameters.chainId) {
    provider.destroy();
    throw new Refusal(`${url} is chain ${chainId}, ${parameters.name} is chain ${parameters.chainId}`);
  }
  return provider;
}
