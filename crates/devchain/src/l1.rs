//! The fee for publishing a transaction on L1.

use alloy_primitives::U256;
use stylus_rules::pricing;

use crate::{config::Config, tx::Tx};

/// Gas that pays for publication, at `wei` per unit and the given price of gas.
pub(crate) fn poster_gas(tx: &Tx, nonce: u64, config: &Config, wei: u128, base_fee: u128) -> u64 {
    let Ok(units) = pricing::l1_units(&signed(tx, nonce, config.chain_id, base_fee)) else {
        return u64::MAX;
    };
    let cost = u128::from(units).saturating_mul(wei);
    let gas = cost.checked_div(base_fee).unwrap_or(0);
    u64::try_from(gas).unwrap_or(u64::MAX)
}

/// The bytes a wallet would send: a type 2 transaction without tip. The signature is made up; like a real one it does
/// not compress.
fn signed(tx: &Tx, nonce: u64, chain_id: u64, base_fee: u128) -> Vec<u8> {
    let mut fields = Vec::new();
    number(&mut fields, U256::from(chain_id));
    number(&mut fields, U256::from(nonce));
    number(&mut fields, U256::ZERO);
    number(&mut fields, U256::from(base_fee));
    number(&mut fields, U256::from(tx.gas_limit));
    string(&mut fields, tx.to.as_ref().map_or(&[], |to| to.as_slice()));
    number(&mut fields, tx.value);
    string(&mut fields, &tx.data);
    fields.push(EMPTY_LIST);
    number(&mut fields, U256::from(1));
    string(
        &mut fields,
        alloy_primitives::keccak256(&tx.data).as_slice(),
    );
    string(&mut fields, alloy_primitives::keccak256(tx.from).as_slice());
    let mut out = vec![2];
    header(&mut out, EMPTY_LIST, fields.len());
    out.extend(fields);
    out
}

/// RLP: the first byte of an empty string, and of an empty list.
const EMPTY_STRING: u8 = 0x80;
const EMPTY_LIST: u8 = 0xC0;

fn number(out: &mut Vec<u8>, value: U256) {
    string(out, &value.to_be_bytes_trimmed_vec());
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes {
        [byte] if *byte < EMPTY_STRING => out.push(*byte),
        _ => {
            header(out, EMPTY_STRING, bytes.len());
            out.extend_from_slice(bytes);
        }
    }
}

fn header(out: &mut Vec<u8>, kind: u8, len: usize) {
    if len <= 55 {
        out.push(kind + len as u8);
    } else {
        let digits = U256::from(len).to_be_bytes_trimmed_vec();
        out.push(kind + 55 + digits.len() as u8);
        out.extend(digits);
    }
}
