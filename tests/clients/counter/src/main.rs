//! Prints the interface.

fn main() {
    counter::print_from_args();
}
