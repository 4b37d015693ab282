// What is looked at before anything is sent: every address has the code it is said to have.
import { Contract, ZeroAddress } from "ethers";
import { maxFragments } from "./arbos.mjs";
import { Refusal, say } from "./say.mjs";

const TOKEN = ["function symbol() view returns (string)", "function decimals() view returns (uint8)"];
const FEED = [
  "function decimals() view returns (uint8)",
  "function description() view returns (string)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
];
const ROUTER = ["function factory() view returns (address)"];
const FACTORY = ["function getPool(address a, address b, uint24 fee) view returns (address)"];
const POOL = [
  "function liquidity() view returns (uint128)",
  "function slot0() view returns (uint160 price, int24 tick, uint16 index, uint16 kept, uint16 grown, uint8 feeProtocol, bool unlocked)",
  "function observations(uint256 index) view returns (uint32 time, int56 ticks, uint160 seconds, bool initialised)",
];

class Checks {
  constructor(provider) {
    this.provider = provider;
    this.faults = [];
  }

  equal(what, actual, expected) {
    if (expected !== undefined && String(actual).toLowerCase() !== String(expected).toLowerCase()) {
      this.faults.push(`${what} is ${actual}, not ${expected}`);
    }
  }

  /** Runs one look; what it throws is a fault like any other. */
  async look(what, look) {
    try {
      await look();
    } catch (error) {
      this.faults.push(`${what}: ${error.shortMessage ?? error.message}`);
    }
  }

  async code(what, address) {
    const code = await this.provider.getCode(address);
    if (code === "0x") throw new Refusal(`no contract at ${address}`);
    return code;
  }
}

async function token(checks, what, { address, symbol, decimals }) {
  await checks.look(what, async () => {
    await checks.code(what, address);
    const contract = new Contract(address, TOKEN, checks.provider);
    checks.equal(`${what}: symbol`, await contract.symbol(), symbol);
    checks.equal(`${what}: decimals`, await contract.decimals(), decimals);
  });
}

async function feed(checks, what, { address, description, decimals }) {
  await checks.look(what, async () => {
    await checks.code(what, address);
    const contract = new Contract(address, FEED, checks.provider);
    checks.equal(`${what}: decimals`, await contract.decimals(), decimals);
    checks.equal(`${what}: description`, await contract.description(), description);
    const round = await contract.latestRoundData();
    if (round.updatedAt === 0n) throw new Refusal("it has no round");
    if (decimals !== undefined && round.answer <= 0n) throw new Refusal(`its answer is ${round.answer}`);
  });
}

/**
 * What a pool lacks for a mean over so many seconds, in words; nothing if it has room for enough prices. It writes one a second at most, so one more than the mean
 * has seconds is enough however much is traded: with fewer, whoever trades every second makes the vault's hedge wait. Room that was made is used when
 * the ring comes to its end the next time.
 */
async function lacking(provider, pool, seconds) {
  const { index, kept, grown } = await pool.slot0();
  // The ring's oldest comes after its newest, unless the ring has grown and was not filled since.
  let oldest = await pool.observations((index + 1n) % kept);
  if (!oldest.initialised) oldest = await pool.observations(0);
  const { timestamp } = await provider.getBlock("latest");
  const age = timestamp - Number(oldest.time);
  say(`    room for ${grown} prices, ${kept} in use; the oldest is ${age} s old`);
  const wanted = Math.min(seconds + 1, 65_535);
  if (Number(grown) >= wanted) {
    if (age < seconds) say(`    its mean over ${seconds} s can be read in ${seconds - age} s`);
    return undefined;
  }
  const how = `cast send ${pool.target} "increaseObservationCardinalityNext(uint16)" ${wanted}`;
  return `pool ${pool.target} has room for ${grown} prices, a mean over ${seconds} s needs ${wanted}; anyone can make it: ${how}`;
}

async function router(checks, parameters) {
  const { address, factory } = parameters.router;
  await checks.look("router", async () => {
    await checks.code("router", address);
    const actual = await new Contract(address, ROUTER, checks.provider).factory();
    checks.equal("router: factory", actual, factory);
    const { twapSeconds } = parameters.policy.venue;
    const lacks = [];
    let pools = 0;
    for (const fee of parameters.policy.venue.feeTiers.filter((fee) => Number(fee) !== 0)) {
      const pool = await new Contract(actual, FACTORY, checks.provider).getPool(parameters.asset.address, parameters.quote.address, fee);
      if (pool === ZeroAddress) continue;
      const contract = new Contract(pool, POOL, checks.provider);
      const liquidity = await contract.liquidity();
      say(`  pool ${fee / 10_000} % ${pool}, liquidity ${liquidity}`);
      if (liquidity === 0n) continue;
      pools++;
      const lack = await lacking(checks.provider, contract, Number(twapSeconds));
      if (lack) lacks.push(lack);
    }
    if (pools === 0) throw new Refusal("no pool of the policy's fee tiers has liquidity: only keepers could fill the hedge");
    // The vault passes over a pool whose mean it cannot read, so one that is fit is enough.
    if (lacks.length === pools) throw new Refusal(lacks.join("; "));
    for (const lack of lacks) say(`  the vault may have to pass it over: ${lack}`);
  });
}

/** Looks at everything; refuses with all faults together. */
export async function check(provider, parameters, fragments) {
  const checks = new Checks(provider);
  await token(checks, "asset", parameters.asset);
  await token(checks, "quote", parameters.quote);
  await feed(checks, "assetFeed", parameters.assetFeed);
  if (parameters.quoteFeed) await feed(checks, "quoteFeed", parameters.quoteFeed);
  if (parameters.sequencerFeed) await feed(checks, "sequencerFeed", parameters.sequencerFeed);
  await router(checks, parameters);
  await checks.look("stylusDeployer", () => checks.code("stylusDeployer", parameters.stylusDeployer));
  await checks.look("fragments", async () => {
    const most = await maxFragments(provider);
    if (fragments > most) throw new Refusal(`the program comes in ${fragments}, the chain takes ${most}`);
  });
  if (checks.faults.length > 0) throw new Refusal(`nothing was sent:\n  ${checks.faults.join("\n  ")}`);
}
