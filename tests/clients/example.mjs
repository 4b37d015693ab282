// A depositor's way with viem: wrap ether, deposit it, see the shares. After scripts/devchain and scripts/deploy devchain:
//   node tests/clients/example.mjs
import { readFileSync } from "node:fs";
import { createPublicClient, createWalletClient, formatUnits, http, parseAbi, parseEther } from "viem";
import { mnemonicToAccount } from "viem/accounts";

const file = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url)));
const abi = file("abi/CoveredCallVault.json");
const vault = process.env.VAULT ?? file("deployments/devchain.json").vault.address;
const transport = http(process.env.RPC_URL ?? "http://127.0.0.1:8547");

const account = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: 4 });
const chain = createPublicClient({ transport });
const wallet = createWalletClient({ account, transport });
const send = async (request) => chain.waitForTransactionReceipt({ hash: await wallet.writeContract({ chain: null, ...request }) });

const weth = await chain.readContract({ address: vault, abi, functionName: "asset" });
const tokenAbi = parseAbi(["function deposit() payable", "function approve(address, uint256) returns (bool)"]);
const amount = parseEther("2");
await send({ address: weth, abi: tokenAbi, functionName: "deposit", value: amount });
await send({ address: weth, abi: tokenAbi, functionName: "approve", args: [vault, amount] });
await send({ address: vault, abi, functionName: "deposit", args: [amount, account.address] });
const shares = await chain.readContract({ address: vault, abi, functionName: "balanceOf", args: [account.address] });
const [symbol, decimals] = await Promise.all(
  ["symbol", "decimals"].map((functionName) => chain.readContract({ address: vault, abi, functionName, args: [] })),
);
console.log(`${account.address} has ${formatUnits(shares, decimals)} ${symbol}`);
