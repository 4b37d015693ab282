//! The comparison is what it was, and says what the documentation says.

use option_math_measure::{Comparison, Row, compare};

use crate::snapshot;

/// What README.md and the crate's README claim of every peer, all standard inputs and the grid.
fn claims(Comparison { rows, .. }: &Comparison) {
    let [ours, peers @ ..] = &rows[..] else {
        panic!("nothing was measured")
    };
    assert!(peers.len() >= 2, "at least two peers");
    assert_eq!(ours.refused, 0);
    let error = |row: &Row, greek: usize| row.errors[greek].expect("it has this one");
    for peer in peers {
        let name = &peer.name;
        assert!(
            100.0 * ours.greeks_gas <= peer.price_gas,
            "all greeks cost a hundredth of the price alone: {name}"
        );
        assert!(
            peer.price_gas <= peer.greeks_gas && peer.greeks_gas < 100_000.0,
            "{name} was measured"
        );
        assert!(
            20.0 * error(ours, 0) <= error(peer, 0),
            "twenty times the precision of the price: {name}"
        );
        assert!(
            500.0 * error(ours, 1) <= error(peer, 1),
            "five hundred times that of delta: {name}"
        );
        // A peer that computed something else would look dear and wrong.
        assert!(
            error(peer, 0) < 1e-6 && error(peer, 1) < 1e-6 && peer.refused == 0,
            "{name} prices options"
        );
    }
}

#[test]
fn the_comparison() {
    let found = compare();
    println!("{found}");
    claims(&found);
    snapshot("compare.txt", &found.to_string());
    let json = found.json();
    assert_eq!(
        json["rows"].as_array().map(Vec::len),
        Some(found.rows.len())
    );
    assert_eq!(json["rows"][0]["greeks_gas"], found.rows[0].greeks_gas);
}
