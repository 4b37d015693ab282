//! option-math as a contract.

mod compare;
mod gas;
mod native;

use std::path::PathBuf;

/// Compares a text with `snapshots/<name>`; `BLESS=1` writes it there.
fn snapshot(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("snapshots")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).expect("a writable checkout");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{}:\n{kept}\nnow:\n{text}\nBLESS=1 if this is meant",
        path.display()
    );
}
