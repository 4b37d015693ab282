// Where the key comes from: a keystore file or the environment, never an argument, which other users of the machine could read.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Wallet } from "ethers";
import { Refusal } from "./say.mjs";

async function password() {
  if (process.env.DEPLOYER_PASSWORD !== undefined) return process.env.DEPLOYER_PASSWORD;
  if (!process.stdin.isTTY) throw new Refusal("DEPLOYER_PASSWORD is not set, and there is no terminal to ask at");
  const silent = new Writable({ write: (_, __, done) => done() });
  process.stderr.write("password of the keystore: ");
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const answer = await terminal.question("");
  terminal.close();
  process.stderr.write("\n");
  return answer;
}

/** The account that pays and signs. */
export async function signer(provider) {
  const { DEPLOYER_KEY, DEPLOYER_KEYSTORE } = process.env;
  if (DEPLOYER_KEY && DEPLOYER_KEYSTORE) throw new Refusal("both DEPLOYER_KEY and DEPLOYER_KEYSTORE are set; one is enough");
  if (DEPLOYER_KEYSTORE) {
    let json;
    try {
      json = readFileSync(DEPLOYER_KEYSTORE, "utf8");
    } catch (error) {
      throw new Refusal(`DEPLOYER_KEYSTORE: ${error.message}`);
    }
    try {
      return (await Wallet.fromEncryptedJson(json, await password())).connect(provider);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal(`DEPLOYER_KEYSTORE: ${error.shortMessage ?? "no keystore"}`);
    }
  }
  if (!DEPLOYER_KEY) throw new Refusal("no key: set DEPLOYER_KEYSTORE to a keystore file, or DEPLOYER_KEY");
  try {
    return new Wallet(DEPLOYER_KEY, provider);
  } catch {
    throw new Refusal("DEPLOYER_KEY is no private key");
  }
}
