// Prints the vault's constructor arguments, one a line, as cargo-stylus and cast take them on the command line.
//   node tests/clients/constructor.mjs MARKET-FILE EXTENSION
// EXTENSION is the address of the extension, which is deployed first: cargo stylus deploy --wasm-file target/extension.wasm
import { readFileSync } from "node:fs";
import { parseEther, stringToHex } from "viem";

const file = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url)));
const network = file("deploy/networks/devchain.json");
const [marketFile, extension] = process.argv.slice(2);
const market = JSON.parse(readFileSync(marketFile));
const given = {
  ...network,
  extension,
  asset: market.weth,
  quote: market.usdc,
  assetFeed: market.ethFeed,
  quoteFeed: market.usdcFeed,
  sequencerFeed: market.sequencerFeed,
  router: market.router,
  volatility: parseEther(network.volatility),
  name: stringToHex(network.shareName, { size: 32 }),
  symbol: stringToHex(network.shareSymbol, { size: 32 }),
  policy: file(`deploy/policies/${network.policy}.json`),
};

/** A value as text: tuples in parentheses, lists in brackets. */
function text(type, value) {
  if (value === undefined) throw new Error(`${type.name} is missing`);
  if (type.components) return `(${type.components.map((field) => text(field, value[field.name])).join(",")})`;
  return Array.isArray(value) ? `[${value.join(",")}]` : String(value);
}

const { inputs } = file("abi/CoveredCallVault.json").find((entry) => entry.type === "constructor");
for (const input of inputs) console.log(text(input, given[input.name]));
