//! Prints the contract's interface: Solidity by default, JSON with `json`. `cargo stylus export-abi` runs it too.

fn main() {
    let json = std::env::args().any(|arg| arg == "json" || arg == "--json");
    let text = if json {
        covered_call_vault::abi::export::json()
    } else {
        covered_call_vault::abi::export::solidity()
    };
    print!("{text}");
}
