// A wallet's way through viem: connect, sign a permit, deposit, watch events, be refused and know why.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  BaseError, ContractFunctionRevertedError, createPublicClient, createTestClient, createWalletClient, decodeErrorResult, http, maxUint256,
  parseAbi, parseEther, parseSignature, publicActions, walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { ABI, ROOT, deployVault, run, startNode } from "./support.mjs";

const WETH = parseAbi(["function deposit() payable", "function approve(address, uint256) returns (bool)", "function balanceOf(address) view returns (uint256)"]);
const alice = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: 5 });
const bob = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: 6 });
let node, vault, chain, wallet, reader;

before(async () => {
  node = await startNode();
  vault = deployVault(node);
  const transport = http(node.url);
  reader = createPublicClient({ transport, pollingInterval: 50 });
  chain = { id: await reader.getChainId(), name: "devchain", nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 }, rpcUrls: { default: { http: [node.url] } } };
  wallet = createWalletClient({ account: alice, chain, transport });
});
after(() => node.close());

const read = (functionName, args = []) => reader.readContract({ address: vault, abi: ABI, functionName, args });

async function write(client, request) {
  const receipt = await reader.waitForTransactionReceipt({ hash: await client.writeContract({ chain, ...request }) });
  assert.equal(receipt.status, "success");
  return receipt;
}

/** The vault's error that a failing call ends with. */
async function refusal(promise) {
  const error = await promise.then(() => assert.fail("it is refused"), (error) => error);
  assert.ok(error instanceof BaseError, error);
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  assert.ok(revert, error.message);
  return revert.data;
}

test("connect: the accounts of the node itself can be used", async () => {
  const injected = createWalletClient({ chain, transport: http(node.url) });
  const [first] = await injected.requestAddresses();
  assert.equal(await injected.getChainId(), 412_346);
  const hash = await injected.sendTransaction({ account: first, to: alice.address, value: 1n });
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "success");
  const typed = { domain: { name: "devchain", chainId: 412_346 }, types: { Note: [{ name: "text", type: "string" }] }, primaryType: "Note", message: { text: "hello" } };
  const signature = await injected.signTypedData({ account: first, ...typed });
  assert.ok(await reader.verifyTypedData({ address: first, signature, ...typed }));
  assert.ok(await reader.verifyMessage({ address: first, message: "hi", signature: await injected.signMessage({ account: first, message: "hi" }) }));
});

test("deposit, and the event that is watched", async () => {
  const seen = [];
  const stop = reader.watchContractEvent({ address: vault, abi: ABI, eventName: "Deposit", onLogs: (logs) => seen.push(...logs) });
  const amount = parseEther("3");
  await write(wallet, { address: node.market.weth, abi: WETH, functionName: "deposit", value: amount });
  await write(wallet, { address: node.market.weth, abi: WETH, functionName: "approve", args: [vault, maxUint256] });
  const { result, request } = await reader.simulateContract({ account: alice, address: vault, abi: ABI, functionName: "deposit", args: [amount, alice.address] });
  const receipt = await write(wallet, request);
  assert.equal(await read("balanceOf", [alice.address]), result);
  for (let tries = 0; seen.length === 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  stop();
  assert.equal(seen.length, 1);
  assert.equal(seen[0].transactionHash, receipt.transactionHash);
  assert.deepEqual([seen[0].args.owner, seen[0].args.assets, seen[0].args.shares], [alice.address, amount, result]);
  const past = await reader.getContractEvents({ address: vault, abi: ABI, eventName: "Deposit", args: { owner: alice.address }, fromBlock: 0n });
  assert.equal(past.length, 1);
});

test("a permit is signed, and the spender brings it", async () => {
  const value = parseEther("1");
  const message = { owner: alice.address, spender: bob.address, value, nonce: await read("nonces", [alice.address]), deadline: maxUint256 };
  const fields = { owner: "address", spender: "address", value: "uint256", nonce: "uint256", deadline: "uint256" };
  const signature = parseSignature(await wallet.signTypedData({
    domain: { name: await read("name"), version: "1", chainId: chain.id, verifyingContract: vault },
    types: { Permit: Object.entries(fields).map(([name, type]) => ({ name, type })) },
    primaryType: "Permit",
    message,
  }));
  const spender = createWalletClient({ account: bob, chain, transport: http(node.url) });
  const args = [alice.address, bob.address, value, maxUint256, 27 + signature.yParity, signature.r, signature.s];
  await write(spender, { address: vault, abi: ABI, functionName: "permit", args });
  assert.equal(await read("allowance", [alice.address, bob.address]), value);
  // The same permit again is signed for a nonce that has passed.
  const again = await refusal(reader.simulateContract({ account: bob, address: vault, abi: ABI, functionName: "permit", args }));
  assert.equal(again.errorName, "ERC2612InvalidSigner");
  const shares = await read("balanceOf", [alice.address]);
  await write(spender, { address: vault, abi: ABI, functionName: "transferFrom", args: [alice.address, bob.address, value] });
  assert.equal(await read("balanceOf", [bob.address]), value);
  assert.equal(await read("balanceOf", [alice.address]), shares - value);
});

test("a failing call is simulated, and its error decoded from the ABI", async () => {
  const simulate = (functionName, args, account = bob) => reader.simulateContract({ account, address: vault, abi: ABI, functionName, args });
  const short = await refusal(simulate("transfer", [alice.address, parseEther("100")]));
  assert.equal(short.errorName, "ERC20InsufficientBalance");
  assert.deepEqual(short.args, [bob.address, parseEther("1"), parseEther("100")]);
  assert.equal((await refusal(simulate("announcePolicy", [await read("policy")]))).errorName, "OwnableUnauthorizedAccount");
  assert.equal((await refusal(simulate("deposit", [1n, bob.address]))).errorName, "BelowMinimumDeposit");
  // Estimates fail alike, and what was sent all the same is traced to its error.
  const transfer = { address: vault, abi: ABI, functionName: "transfer", args: [alice.address, parseEther("100")] };
  const spender = createWalletClient({ account: bob, chain, transport: http(node.url) });
  assert.equal((await refusal(reader.estimateContractGas({ account: bob, ...transfer }))).errorName, "ERC20InsufficientBalance");
  const hash = await spender.writeContract({ chain, ...transfer, gas: 1_000_000n });
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "reverted");
  const trace = await reader.request({ method: "debug_traceTransaction", params: [hash, { tracer: "callTracer" }] });
  assert.equal(trace.error, "execution reverted");
  assert.equal(decodeErrorResult({ abi: ABI, data: trace.output }).errorName, "ERC20InsufficientBalance");
  assert.ok(BigInt(trace.stylus.inkUsed) > 0n);
});

test("a call with another state", async () => {
  const [owner] = await Promise.all([read("owner")]);
  const stateOverride = [{ address: bob.address, balance: parseEther("1000000") }];
  const gas = await reader.estimateGas({ account: bob, to: owner, value: parseEther("500000"), stateOverride });
  assert.ok(gas >= 21_000n);
});

test("time is moved with the test client, and an epoch opened", async () => {
  const tester = createTestClient({ chain, mode: "anvil", transport: http(node.url) }).extend(publicActions).extend(walletActions);
  const id = await tester.snapshot();
  await tester.setBalance({ address: bob.address, value: 7n });
  assert.equal(await reader.getBalance({ address: bob.address }), 7n);
  const before = (await reader.getBlock()).timestamp;
  await tester.increaseTime({ seconds: 13 * 3_600 });
  await tester.mine({ blocks: 1 });
  assert.ok((await reader.getBlock()).timestamp >= before + 46_800n);
  // The feed's only oracle is an account without a key.
  const feed = parseAbi(["function aggregator() view returns (address)", "function submit(uint256, int256)", "function latestRound() view returns (uint256)"]);
  const { operator, ethFeed, usdcFeed } = node.market;
  await tester.impersonateAccount({ address: operator });
  for (const [proxy, price] of [[ethFeed, 2_000n], [usdcFeed, 1n]]) {
    const address = await reader.readContract({ address: proxy, abi: feed, functionName: "aggregator" });
    const round = await reader.readContract({ address, abi: feed, functionName: "latestRound" });
    await write(tester, { account: operator, address, abi: feed, functionName: "submit", args: [round + 1n, price * 100_000_000n] });
  }
  // The estimate of volatility is brought up to now, eight points a call, before an epoch opens.
  const stale = await refusal(reader.simulateContract({ account: alice, address: vault, abi: ABI, functionName: "openEpoch" }));
  assert.equal(stale.errorName, "VolatilityStale");
  for (let calls = 0; (await read("volatilityGrid"))[4] > 2n; calls++) {
    assert.ok(calls < 10, "it ends");
    await write(wallet, { address: vault, abi: ABI, functionName: "observe", args: await read("findGridRounds") });
  }
  await write(wallet, { address: vault, abi: ABI, functionName: "openEpoch" });
  const state = await read("vaultState");
  assert.equal(state[1], 1n, "it is live");
  await tester.revert({ id });
  assert.equal((await read("vaultState"))[1], 0n);
});

test("the example of the README ends with shares", () => {
  const { stdout } = run(process.execPath, [join(ROOT, "tests/clients/example.mjs")], { env: { ...process.env, VAULT: vault, RPC_URL: node.url } });
  assert.match(stdout, /^0x[0-9a-fA-F]{40} has 2 ccWETH\n$/);
});
