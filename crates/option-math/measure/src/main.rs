//! Prints what option pricing costs here and elsewhere, measured on the embedded chain: `scripts/compare-math [--json]`.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => print!("{}", option_math_measure::compare()),
        ["--json"] => println!("{:#}", option_math_measure::compare().json()),
        _ => {
            eprintln!(
                "compare-math [--json]: gas and errors of option-math and of its peers, as a table or as JSON"
            );
            std::process::exit(2);
        }
    }
}
