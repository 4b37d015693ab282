//! Prints a stored series: `cargo run -p demo --example paths calm > crates/demo/paths/calm.csv`.

use demo::path::process::{CALM, CRASH, RALLY};

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    for recipe in [CALM, RALLY, CRASH] {
        if recipe.name == wanted {
            print!("{}", recipe.csv());
        }
    }
}
