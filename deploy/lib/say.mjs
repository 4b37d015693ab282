// What is told and how a script ends.

/** A fault of the caller, the parameters or the chain: printed without a stack. */
export class Refusal extends Error {}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a script's main function; a refusal ends it with status 1 and one line. */
export async function run(name, main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    const told = error instanceof Refusal ? error.message : (error.shortMessage ?? error.stack);
    process.stderr.write(`${name}: ${told}\n`);
    process.exitCode = 1;
  }
}

/** Reads `--name value` and `--flag` arguments; `known` says which take a value. */
export function parse(argv, known) {
  const options = {};
  const rest = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    if (!arg.startsWith("--")) {
      rest.push(arg);
      continue;
    }
    const name = arg.slice(2);
    if (!(name in known)) throw new Refusal(`unknown option ${arg}; --help lists what there is`);
    if (!known[name]) {
      options[name] = true;
    } else {
      const value = argv[++i];
      if (value === undefined) throw new Refusal(`${arg} wants ${known[name]}`);
      options[name] = value;
    }
  }
  return { options, rest };
}
