//! # The demo: a whole epoch of the vault
//!
//! Plays the epoch on the embedded chain ([`play`]), keeps what happened as data ([`model`]), holds every amount against the chain's balances
//! ([`flows`]), and shows it three ways: a [`timeline`] for the terminal, an [`html`] report and JSON.

pub mod amount;
pub mod fail;
pub mod flows;
pub mod html;
pub mod model;
pub mod options;
pub mod path;
pub mod play;
pub mod timeline;

use std::path::{Path, PathBuf};

use fail::Fail;
use options::Options;

/// Plays, prints, and writes what was asked for.
///
/// # Errors
/// Every [`Fail`]; nothing is written unless the amounts add up.
pub fn run(options: &Options, colour: bool) -> Result<(), Fail> {
    let path = path::load(&options.source)?;
    let page = options.out.join("report.html");
    // Before the minute's work, not after it.
    writable(&options.out, &page, options.json.as_deref())?;
    let timeline = timeline::Timeline::new(colour);
    timeline.heading(&path);
    let report = play::play(&path, options.implied, &mut |call, opening| {
        timeline.call(call, opening)
    })?;
    write(&page, &html::page(&report))?;
    if let Some(file) = &options.json {
        let mut data = serde_json::to_string_pretty(&report)
            .map_err(|error| Fail::Unwritable(file.clone(), error.to_string()))?;
        data.push('\n');
        write(file, &data)?;
    }
    timeline.summary(&report, &shown(&page), options.json.as_deref());
    Ok(())
}

fn writable(out: &Path, page: &Path, json: Option<&Path>) -> Result<(), Fail> {
    std::fs::create_dir_all(out)
        .map_err(|error| Fail::Unwritable(out.into(), error.to_string()))?;
    for file in std::iter::once(page).chain(json) {
        if let Err(error) = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
        {
            return Err(Fail::Unwritable(file.into(), error.to_string()));
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Fail> {
    std::fs::write(file, text).map_err(|error| Fail::Unwritable(file.into(), error.to_string()))
}

/// A path without `..`, relative to where we are if it lies below.
fn shown(file: &Path) -> PathBuf {
    let Ok(full) = file.canonicalize() else {
        return file.into();
    };
    let here = std::env::current_dir().unwrap_or_default();
    full.strip_prefix(&here).map(Into::into).unwrap_or(full)
}
