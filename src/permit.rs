//! EIP-2612: allowances of shares by signature.

use alloy_primitives::Address;

use crate::abi::codec::{Allowance, Encode, Text, Uint8};
use crate::abi::macros::topic;
use crate::errors::fail;
use crate::host::{self, Buffer, load, store};
use crate::storage::{nonce_slot, share_allowance_slot};
use crate::word::Word;
use crate::{Result, events, storage};

const DOMAIN: Word =
    topic("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
const VERSION: Word = topic("1");
const PERMIT: Word =
    topic("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

/// Half the order of secp256k1: of the two signatures there are of a message, the one with the larger `s` is refused (EIP-2).
const HALF_ORDER: Word = Word {
    hi: 0x7fff_ffff_ffff_ffff_ffff_ffff_ffff_ffff,
    lo: 0x5d57_6e73_57a4_501d_dfe9_2f46_681b_20a0,
};

/// The precompile that recovers a signer.
const ECRECOVER: Address = Address::with_last_byte(1);

/// What separates permits of these shares on this chain from all others: EIP-712, version "1".
#[inline(never)]
pub fn domain_separator() -> Result<Word> {
    let name = storage::name();
    let mut data = Buffer::new();
    DOMAIN.encode(&mut data);
    Text(name).hash().encode(&mut data);
    VERSION.encode(&mut data);
    host::chain_id().encode(&mut data);
    host::this().encode(&mut data);
    Ok(data.hash())
}

/// How many permits `owner` has used: the number of its next one.
#[inline(never)]
pub fn nonces(owner: Address) -> Result<u128> {
    Ok(load(nonce_slot(&owner)).lo)
}

/// Lets `spender` move up to `value` shares of `owner`, who signed that it may.
#[inline(never)]
#[allow(clippy::too_many_arguments)]
pub fn permit(
    owner: Address,
    spender: Address,
    value: u128,
    deadline: u128,
    v: Uint8,
    r: Word,
    s: Word,
) -> Result<()> {
    if u128::from(host::now()) > deadline {
        return Err(fail::ERC2612ExpiredSignature(Allowance(deadline)));
    }
    let nonce = load(nonce_slot(&owner)).lo;
    let mut data = Buffer::new();
    PERMIT.encode(&mut data);
    owner.encode(&mut data);
    spender.encode(&mut data);
    Allowance(value).encode(&mut data);
    nonce.encode(&mut data);
    Allowance(deadline).encode(&mut data);
    let digest = host::typed_hash(domain_separator()?, data.hash());

    data.clear();
    digest.encode(&mut data);
    v.0.encode(&mut data);
    r.encode(&mut data);
    s.encode(&mut data);
    let mut signer = Address::ZERO;
    let low = (s.hi, s.lo) <= (HALF_ORDER.hi, HALF_ORDER.lo);
    if low && host::static_call(&ECRECOVER, &data, u64::MAX) == Some(32) {
        let [word] = host::returned_words();
        signer = word.address();
    }
    if signer != owner || signer == Address::ZERO {
        return Err(fail::ERC2612InvalidSigner(signer, owner));
    }
    store(nonce_slot(&owner), Word::from(nonce.wrapping_add(1)));
    store(share_allowance_slot(&owner, &spender), Word::from(value));
    events::share_approval(owner, spender, Allowance(value));
    Ok(())
}
