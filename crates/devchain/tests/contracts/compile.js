// Compiles the contracts beside this file and prints "<name> <init code>" lines.
// Usage: node compile.js <node_modules>
const fs = require("fs");
const path = require("path");
const solc = require(path.join(path.resolve(process.argv[2]), "solc"));

const sources = {};
for (const file of fs.readdirSync(__dirname).filter((name) => name.endsWith(".sol")).sort()) {
  sources[file] = { content: fs.readFileSync(path.join(__dirname, file), "utf8") };
}
const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true },
  outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
};
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
const errors = (output.errors || []).filter((error) => error.severity === "error");
if (errors.length > 0) {
  console.error(errors.map((error) => error.formattedMessage).join("\n"));
  process.exit(1);
}
for (const contracts of Object.values(output.contracts)) {
  for (const [name, contract] of Object.entries(contracts)) {
    console.log(name, contract.evm.bytecode.object);
  }
}
