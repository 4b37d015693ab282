//! Prints the contract's interface: Solidity by default, JSON with `json`, the constructor alone with `constructor`. `cargo stylus export-abi`,
//! `check` and `deploy` run it too.

use covered_call_vault::abi::export;

fn main() {
    let asked = |words: &[&str]| std::env::args().any(|arg| words.contains(&arg.as_str()));
    let text = if asked(&["json", "--json"]) {
        export::json()
    } else if asked(&["constructor"]) {
        export::constructor()
    } else {
        export::solidity()
    };
    print!("{text}");
}
