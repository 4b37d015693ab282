//! How fast a call is. `examples/latency.rs` measures more.

use std::time::{Duration, Instant};

use devnode::options::NodeOptions;
use serde_json::json;

use crate::support::*;

#[test]
fn a_simple_call_takes_at_most_100_microseconds() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    let call = json!([{ "to": contract, "data": "0x" }, "latest"]);
    // The best of some batches: other tests run at the same time.
    let batch = |client: &mut Client| {
        let start = Instant::now();
        for _ in 0..100 {
            client.ask("eth_call", call.clone());
        }
        start.elapsed() / 100
    };
    let best = (0..20).map(|_| batch(&mut client)).min();
    assert!(best < Some(Duration::from_micros(100)), "{best:?}");
}

#[test]
fn a_node_is_ready_at_once() {
    let start = Instant::now();
    let mut client = Client::with(NodeOptions::default());
    client.ask("eth_chainId", json!([]));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}
