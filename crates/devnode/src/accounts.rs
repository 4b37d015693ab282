//! The ten accounts that development tools know: those of the mnemonic "test test test test test test test test test
//! test test junk" at m/44'/60'/0'/0/0 to 9.

use std::sync::OnceLock;

use alloy_primitives::{Address, B256, Signature, b256, hex};
use k256::ecdsa::SigningKey;

/// The mnemonic of the keys.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// The keys, derived once and written down: they are as public as the mnemonic.
const SECRETS: [B256; 10] = [
    b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];

/// An account that the node can sign for.
#[derive(Clone, Debug)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    secret: B256,
    key: SigningKey,
}

impl DevAccount {
    /// The secret key, for wallets that want to be the account.
    #[must_use]
    pub fn secret_hex(&self) -> String {
        format!("0x{}", hex::encode(self.secret))
    }

    /// Signs a hash.
    ///
    /// # Errors
    /// When the curve's library refuses, which it does for one hash in 2^128.
    pub fn sign(&self, hash: B256) -> Result<Signature, k256::ecdsa::Error> {
        let (signature, id) = self.key.sign_prehash_recoverable(hash.as_slice())?;
        Ok((signature, id).into())
    }
}

/// All ten.
pub fn all() -> &'static [DevAccount] {
    static ALL: OnceLock<Vec<DevAccount>> = OnceLock::new();
    ALL.get_or_init(|| {
        let keys = SECRETS.iter().filter_map(|secret| {
            let key = SigningKey::from_slice(secret.as_slice()).ok()?;
            Some(DevAccount {
                address: Address::from_private_key(&key),
                secret: *secret,
                key,
            })
        });
        keys.collect()
    })
}

/// The one with this address.
#[must_use]
pub fn find(address: Address) -> Option<&'static DevAccount> {
    all().iter().find(|account| account.address == address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    #[test]
    fn the_first_and_the_last_are_the_well_known_ones() {
        assert_eq!(all().len(), 10);
        assert_eq!(
            all()[0].address,
            address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
        );
        assert_eq!(
            all()[9].address,
            address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720")
        );
    }

    #[test]
    fn a_signature_recovers_to_its_account() {
        let hash = B256::repeat_byte(7);
        let signature = all()[3].sign(hash).expect("a signature");
        let signer = signature.recover_address_from_prehash(&hash);
        assert_eq!(signer.expect("a signer"), all()[3].address);
    }
}
