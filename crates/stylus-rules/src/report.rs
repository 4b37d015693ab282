//! All there is to say about a module before deploying it.

use std::fmt;

use crate::{CodeError, Params, ProgramInfo, Violation, activate, code};

/// What a chain would say to a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The program's record, or the first rule that the module breaks.
    pub verdict: Result<ProgramInfo, Violation>,
    /// Bytes of the module.
    pub wasm_len: usize,
    /// Bytes of the module, compressed.
    pub compressed_len: usize,
    /// Bytes of the contract code: prefix, dictionary byte, compressed module.
    pub code_len: usize,
    /// The chain's parameters.
    pub params: Params,
}

/// Measures a module, valid or not.
///
/// # Errors
///
/// [`CodeError::Compression`] if the encoder fails.
pub fn report(wasm: &[u8], params: &Params) -> Result<Report, CodeError> {
    let code_len = code::encode(wasm)?.len();
    let head = code::CLASSIC_PREFIX.len().saturating_add(1);
    Ok(Report {
        verdict: activate(wasm, params).map(|program| program.info),
        wasm_len: wasm.len(),
        compressed_len: code_len.saturating_sub(head),
        code_len,
        params: *params,
    })
}

impl Report {
    /// Whether the code fits into one contract.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.code_len as u64 <= u64::from(self.params.max_code_size)
    }

    /// Fragments that a module needs which does not fit into one contract, where the chain accepts as many.
    #[must_use]
    pub fn fragments(&self) -> Option<u64> {
        let room = u64::from(self.params.max_code_size)
            .saturating_sub(code::FRAGMENT_PREFIX.len() as u64)
            .max(1);
        let needed = (self.compressed_len as u64).div_ceil(room);
        (!self.fits() && needed <= u64::from(self.params.max_fragments)).then_some(needed)
    }

    /// Whether the module can be deployed, whole or in fragments, and activated.
    #[must_use]
    pub fn is_deployable(&self) -> bool {
        self.verdict.is_ok() && (self.fits() || self.fragments().is_some())
    }

    /// The figures in the order of printing: a key for programs, words for people, the value.
    fn figures(&self) -> Vec<(&'static str, &'static str, u64)> {
        let mut figures = vec![
            ("wasm_bytes", "wasm bytes", self.wasm_len as u64),
            (
                "compressed_bytes",
                "compressed bytes",
                self.compressed_len as u64,
            ),
            ("code_bytes", "code bytes", self.code_len as u64),
            (
                "max_code_bytes",
                "code bytes accepted",
                u64::from(self.params.max_code_size),
            ),
        ];
        if let Ok(info) = &self.verdict {
            let measures = &info.measures;
            figures.extend([
                ("functions", "functions", measures.functions),
                ("data_bytes", "data bytes", measures.data_len()),
                ("footprint_pages", "pages", u64::from(info.footprint)),
                (
                    "entry_gas",
                    "entry gas, uncached",
                    self.entry_gas(info, false),
                ),
                (
                    "entry_gas_cached",
                    "entry gas, cached",
                    self.entry_gas(info, true),
                ),
                (
                    "asm_estimate_bytes",
                    "compiled bytes, estimated",
                    u64::from(info.asm_estimate),
                ),
                ("activation_gas", "activation gas", info.activation_gas),
            ]);
        }
        figures
    }

    /// Gas of entering the program as a transaction's first: memory included.
    fn entry_gas(&self, info: &ProgramInfo, cached: bool) -> u64 {
        let memory = crate::pricing::memory::Pages::default().cost(info.footprint, &self.params);
        info.entry_gas(cached, &self.params).saturating_add(memory)
    }

    /// One JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut fields = vec![
            format!("\"valid\":{}", self.verdict.is_ok()),
            format!("\"fits\":{}", self.fits()),
        ];
        if let Err(violation) = &self.verdict {
            fields.push(format!("\"rule\":{}", json_string(&violation.rule())));
            fields.push(format!(
                "\"violation\":{}",
                json_string(&violation.to_string())
            ));
        }
        fields.extend(
            self.figures()
                .iter()
                .map(|(key, _, value)| format!("\"{key}\":{value}")),
        );
        format!("{{{}}}", fields.join(","))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(_) if self.fits() => writeln!(f, "valid")?,
            Ok(_) => match self.fragments() {
                Some(count) => writeln!(f, "valid, in {count} fragments")?,
                None => writeln!(f, "valid, but too large for one contract")?,
            },
            Err(violation) => writeln!(f, "invalid ({}): {violation}", violation.rule())?,
        }
        for (_, words, value) in self.figures() {
            writeln!(f, "{words:<26}{value:>12}")?;
        }
        Ok(())
    }
}

/// A JSON string. Violations quote names from the module, which can hold anything.
fn json_string(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
