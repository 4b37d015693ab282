//! Tests of the compiled WASM on the embedded chain.
