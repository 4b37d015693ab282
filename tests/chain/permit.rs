//! EIP-2612 on the WASM: signatures of real keys, and every way in which one is not good enough.

use crate::support::*;
use k256::ecdsa::SigningKey;
use testbed::primitives::{B256, keccak256};
use testbed::{Abi, Address, DAY, Options, U256, WAD, World};

/// Order of secp256k1.
const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

struct Signer {
    key: SigningKey,
    address: Address,
}

impl Signer {
    fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).expect("in range");
        let point = key.verifying_key().to_encoded_point(false);
        let address = Address::from_slice(&keccak256(&point.as_bytes()[1..])[12..]);
        Self { key, address }
    }

    /// A permit of the owner's next nonce, signed for a domain.
    fn sign(&self, domain: B256, permit: &Permit) -> Abi::permitCall {
        let digest = keccak256([&[0x19, 0x01][..], &domain[..], &permit.hash()[..]].concat());
        let (signature, recovery) = self
            .key
            .sign_prehash_recoverable(digest.as_slice())
            .expect("signs");
        let (r, s) = signature.split_bytes();
        Abi::permitCall {
            owner: permit.owner,
            spender: permit.spender,
            value: permit.value,
            deadline: permit.deadline,
            v: 27 + recovery.to_byte(),
            r: B256::from_slice(&r),
            s: B256::from_slice(&s),
        }
    }
}

#[derive(Clone)]
struct Permit {
    owner: Address,
    spender: Address,
    value: U256,
    nonce: U256,
    deadline: U256,
}

impl Permit {
    fn hash(&self) -> B256 {
        let kind = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
        );
        let words = [
            kind,
            self.owner.into_word(),
            self.spender.into_word(),
            self.value.into(),
            self.nonce.into(),
            self.deadline.into(),
        ];
        keccak256(words.concat())
    }
}

/// The domain by EIP-712, computed here.
fn domain(name: &str, chain: u64, contract: Address) -> B256 {
    let kind = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
    );
    let words = [
        kind,
        keccak256(name),
        keccak256("1"),
        U256::from(chain).into(),
        contract.into_word(),
    ];
    keccak256(words.concat())
}

/// A vault, a signer who has 10 WETH in it, the vault's domain, and a permit for Carol to move a tenth of the shares.
fn ready() -> (World, Signer, B256, Permit) {
    let mut world = World::new(&Options::default());
    let signer = Signer::new(7);
    world.deposit(signer.address, 10 * WAD).expect("open");
    let name = world.view(&Abi::name_0Call {});
    let domain = domain(&name, world.chain.config().chain_id, world.vault);
    let permit = Permit {
        owner: signer.address,
        spender: carol(),
        value: u(1_000 * WAD),
        nonce: U256::ZERO,
        deadline: seconds(world.chain.now() + DAY),
    };
    (world, signer, domain, permit)
}

fn allowance(world: &World, owner: Address, spender: Address) -> U256 {
    world.view(&Abi::allowance_0Call { owner, spender })
}

fn nonce(world: &World, owner: Address) -> U256 {
    world.view(&Abi::noncesCall { owner })
}

#[test]
fn a_signature_is_an_allowance_whoever_brings_it() {
    let (mut world, signer, domain, permit) = ready();
    assert_eq!(world.view(&Abi::DOMAIN_SEPARATORCall {}), domain);
    let owner = signer.address;
    let done = world
        .send(stranger(), &signer.sign(domain, &permit))
        .expect("signed");
    let expected = Abi::Approval_0 {
        owner,
        spender: carol(),
        value: permit.value,
    };
    assert_eq!(event::<Abi::Approval_0>(&world, &done.receipt), expected);
    assert_eq!(allowance(&world, owner, carol()), permit.value);
    assert_eq!(nonce(&world, owner), u(1));
    let call = Abi::transferFrom_0Call {
        from: owner,
        to: bob(),
        value: permit.value,
    };
    world.send(carol(), &call).expect("allowed");
    assert_eq!(shares(&world, bob()), 1_000 * WAD);
    assert_eq!(allowance(&world, owner, carol()), U256::ZERO);
    // The next one, which replaces an allowance and has no limit.
    let next = Permit {
        nonce: u(1),
        value: U256::MAX,
        ..permit
    };
    world
        .send(stranger(), &signer.sign(domain, &next))
        .expect("signed");
    assert_eq!(allowance(&world, owner, carol()), U256::MAX);
    // A second for a moment that is just now.
    let last = Permit {
        nonce: u(2),
        value: u(5),
        deadline: seconds(world.chain.now()),
        ..next
    };
    world
        .send(stranger(), &signer.sign(domain, &last))
        .expect("in time");
    assert_eq!(allowance(&world, owner, carol()), u(5));
}

#[test]
fn a_permit_is_used_once_and_in_its_time() {
    let (mut world, signer, domain, permit) = ready();
    let call = signer.sign(domain, &permit);
    world.send(stranger(), &call).expect("signed");
    let refused = world
        .simulate(stranger(), &call)
        .map(drop)
        .expect_err("used");
    assert!(
        matches!(refused.error, Some(testbed::Errors::ERC2612InvalidSigner(error)) if error.owner == signer.address && error.signer != signer.address)
    );
    let late = Permit {
        nonce: u(1),
        deadline: seconds(world.chain.now() - 1),
        ..permit
    };
    let error = Abi::ERC2612ExpiredSignature {
        deadline: late.deadline,
    };
    let call = signer.sign(domain, &late);
    refuse(&mut world, stranger(), &call, error);
}

/// Tries a permit that its owner did not sign just so: refused, with nothing changed.
#[track_caller]
fn not_signed(world: &mut World, call: &Abi::permitCall) {
    let refused = world
        .simulate(stranger(), call)
        .map(drop)
        .expect_err("not signed");
    let Some(testbed::Errors::ERC2612InvalidSigner(error)) = refused.error else {
        panic!("{refused:?}");
    };
    assert_eq!(error.owner, call.owner);
    assert_ne!(error.signer, call.owner);
    let error = Abi::ERC2612InvalidSigner {
        signer: error.signer,
        owner: error.owner,
    };
    refuse(world, stranger(), call, error);
    assert_eq!(allowance(world, call.owner, call.spender), U256::ZERO);
}

#[test]
fn what_the_owner_did_not_sign_is_no_permit() {
    let (mut world, signer, domain_here, permit) = ready();
    let good = signer.sign(domain_here, &permit);
    // Another key, another value, spender, deadline, nonce.
    not_signed(&mut world, &Signer::new(8).sign(domain_here, &permit));
    let changes: [fn(&mut Abi::permitCall); 4] = [
        |call| call.value += u(1),
        |call| call.spender = bob(),
        |call| call.deadline += u(1),
        |call| call.owner = bob(),
    ];
    for change in changes {
        let mut call = good.clone();
        change(&mut call);
        not_signed(&mut world, &call);
    }
    let ahead = Permit {
        nonce: u(1),
        ..permit.clone()
    };
    not_signed(&mut world, &signer.sign(domain_here, &ahead));
    // Another chain, another contract, another name.
    let name = world.view(&Abi::name_0Call {});
    let chain = world.chain.config().chain_id;
    for elsewhere in [
        domain(&name, chain + 1, world.vault),
        domain(&name, chain, world.extension.address),
        domain("Another Vault", chain, world.vault),
    ] {
        not_signed(&mut world, &signer.sign(elsewhere, &permit));
    }
    world.send(stranger(), &good).expect("signed");
}

#[test]
fn a_signature_has_one_form() {
    let (mut world, signer, domain, permit) = ready();
    let good = signer.sign(domain, &permit);
    let order: U256 = ORDER.parse().expect("a number");
    // The other signature of the same message: recovers to the same key, and is refused (EIP-2).
    let mut mirrored = good.clone();
    mirrored.s = B256::from(order - U256::from_be_bytes(good.s.0));
    mirrored.v = 27 + 28 - good.v;
    not_signed(&mut world, &mirrored);
    for v in [0, 1, 26, 29, 255] {
        not_signed(&mut world, &Abi::permitCall { v, ..good.clone() });
    }
    for (r, s) in [(B256::ZERO, good.s), (good.r, B256::ZERO)] {
        not_signed(
            &mut world,
            &Abi::permitCall {
                r,
                s,
                ..good.clone()
            },
        );
    }
    // Nobody recovers to the zero address and signs for it.
    let nobody = Abi::permitCall {
        owner: Address::ZERO,
        v: 0,
        ..good.clone()
    };
    let error = Abi::ERC2612InvalidSigner {
        signer: Address::ZERO,
        owner: Address::ZERO,
    };
    refuse(&mut world, stranger(), &nobody, error);
    world.send(stranger(), &good).expect("signed");
}

/// An account with a key of its own.
pub fn account(seed: u8) -> Address {
    Signer::new(seed).address
}

/// The permit of a holder made by [`account`], for this vault.
pub fn permit_by(
    seed: u8,
    world: &World,
    spender: Address,
    value: U256,
    nonce: U256,
) -> Abi::permitCall {
    let signer = Signer::new(seed);
    let permit = Permit {
        owner: signer.address,
        spender,
        value,
        nonce,
        deadline: U256::MAX,
    };
    signer.sign(world.view(&Abi::DOMAIN_SEPARATORCall {}), &permit)
}
