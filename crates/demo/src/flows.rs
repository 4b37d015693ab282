//! Where the money went: every transfer of the two tokens by account and purpose, held against the chain's balances.

use std::collections::BTreeMap;

use serde::Serialize;
use testbed::devchain::Receipt;
use testbed::devchain::market::abi::IErc20;
use testbed::{Address, World};

use crate::amount::{Usdc, Weth};
use crate::fail::Fail;

/// What a transfer was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Depositors into the vault.
    Deposit,
    /// Buyers into the vault.
    Premium,
    /// The vault against the pool.
    Hedge,
    /// The vault to the keeper.
    Reward,
    /// The vault to option holders.
    Payout,
    /// Leftover quote into the asset.
    Conversion,
    /// The vault to depositors.
    Redemption,
    /// An arbitrageur against the pool.
    Arbitrage,
}

impl Purpose {
    /// Heading of its column.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Deposit => "deposits",
            Self::Premium => "premium",
            Self::Hedge => "hedge",
            Self::Reward => "rewards",
            Self::Payout => "payouts",
            Self::Conversion => "conversion",
            Self::Redemption => "redemptions",
            Self::Arbitrage => "arbitrage",
        }
    }

    /// All of them, in the order of the story.
    pub const ALL: [Self; 8] = [
        Self::Deposit,
        Self::Premium,
        Self::Hedge,
        Self::Reward,
        Self::Payout,
        Self::Conversion,
        Self::Redemption,
        Self::Arbitrage,
    ];
}

/// Somebody or something that holds tokens.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Name.
    pub name: &'static str,
    /// What it is.
    pub role: &'static str,
    /// Address.
    #[serde(serialize_with = "address")]
    pub address: Address,
}

fn address<S: serde::Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

/// What one account got (positive) and gave for one purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// WETH.
    pub weth: Weth,
    /// USDC.
    pub usdc: Usdc,
}

impl std::ops::AddAssign for Moved {
    fn add_assign(&mut self, other: Self) {
        self.weth += other.weth;
        self.usdc += other.usdc;
    }
}

/// The transfers so far.
#[derive(Clone, Debug, Default)]
pub struct Book {
    moved: BTreeMap<(Address, Purpose), Moved>,
}

impl Book {
    /// Enters the transfers of a receipt. What goes to `rewarded` from the vault is a reward.
    pub fn enter(
        &mut self,
        world: &World,
        receipt: &Receipt,
        purpose: Purpose,
        rewarded: Option<Address>,
    ) -> Weth {
        let mut reward = Weth::default();
        for (token, weth) in [(world.weth.address, true), (world.usdc.address, false)] {
            for transfer in testbed::events::<IErc20::Transfer>(receipt, token) {
                let amount: u128 = transfer.value.saturating_to();
                let is_reward = transfer.from == world.vault && Some(transfer.to) == rewarded;
                let purpose = if is_reward { Purpose::Reward } else { purpose };
                let moved = if weth {
                    Moved {
                        weth: amount.into(),
                        usdc: Usdc::default(),
                    }
                } else {
                    Moved {
                        weth: Weth::default(),
                        usdc: amount.into(),
                    }
                };
                if is_reward {
                    reward += moved.weth;
                }
                *self.moved.entry((transfer.to, purpose)).or_default() += moved;
                let given = Moved {
                    weth: -moved.weth,
                    usdc: -moved.usdc,
                };
                *self.moved.entry((transfer.from, purpose)).or_default() += given;
            }
        }
        reward
    }

    /// What an account got for a purpose.
    #[must_use]
    pub fn of(&self, account: Address, purpose: Purpose) -> Moved {
        self.moved
            .get(&(account, purpose))
            .copied()
            .unwrap_or_default()
    }

    /// What an account got in all.
    #[must_use]
    pub fn total(&self, account: Address) -> Moved {
        let mut total = Moved::default();
        for purpose in Purpose::ALL {
            total += self.of(account, purpose);
        }
        total
    }

    /// As a table of these accounts.
    #[must_use]
    pub fn table(&self, accounts: &[Account]) -> Flows {
        let rows = accounts.iter().map(|account| FlowRow {
            account: account.clone(),
            moved: Purpose::ALL
                .iter()
                .map(|purpose| (*purpose, self.of(account.address, *purpose)))
                .collect(),
            total: self.total(account.address),
        });
        Flows {
            rows: rows
                .filter(|row| row.moved.values().any(|moved| *moved != Moved::default()))
                .collect(),
        }
    }
}

/// Every transfer of the story. Each column sums to zero: what one account gives another gets.
#[derive(Clone, Debug, Serialize)]
pub struct Flows {
    /// One row an account.
    pub rows: Vec<FlowRow>,
}

/// What an account got and gave.
#[derive(Clone, Debug, Serialize)]
pub struct FlowRow {
    /// Whose.
    pub account: Account,
    /// By purpose.
    pub moved: BTreeMap<Purpose, Moved>,
    /// In all.
    pub total: Moved,
}

/// Balances at a moment, in the order of the accounts, and what exists of each token.
#[derive(Clone, Debug)]
pub struct Balances {
    of: Vec<Moved>,
    supply: Moved,
}

impl Balances {
    /// Reads them from the tokens.
    ///
    /// # Errors
    /// [`Fail::Refused`] when a token does not answer.
    pub fn read(world: &World, accounts: &[Account]) -> Result<Self, Fail> {
        let pair = |(weth, usdc): (u128, u128)| Moved {
            weth: weth.into(),
            usdc: usdc.into(),
        };
        let supply = |token: testbed::devchain::market::Erc20| {
            token
                .total_supply(&world.chain)
                .map(|units| units.saturating_to::<u128>())
                .map_err(|error| Fail::Refused {
                    what: "totalSupply".into(),
                    error: error.to_string(),
                })
        };
        Ok(Self {
            of: accounts
                .iter()
                .map(|account| pair(world.balances(account.address)))
                .collect(),
            supply: pair((supply(world.weth.erc20())?, supply(world.usdc.erc20())?)),
        })
    }
}

/// An account's balances before and after the story.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceRow {
    /// Whose.
    pub account: Account,
    /// Before.
    pub before: Moved,
    /// After.
    pub after: Moved,
    /// After less before.
    pub change: Moved,
}

/// The chain's balances, which add up: see [`reconcile`].
#[derive(Clone, Debug, Serialize)]
pub struct Reconciliation {
    /// One row an account.
    pub rows: Vec<BalanceRow>,
    /// Sum of the changes: zero.
    pub sum_of_changes: Moved,
    /// Tokens in existence, before and after the same.
    pub supply: Moved,
    /// Vault's balance less the sum of its ledger: zero, nobody donated.
    pub vault_less_ledger: Moved,
}

/// Holds the transfers against the balances. Exactly, per token: the changes of all accounts sum to zero; the accounts hold all there is, before and
/// after; each account's change is the sum of its transfers; the vault holds what its ledger says.
///
/// # Errors
/// [`Fail::Unbalanced`], naming what is off.
pub fn reconcile(
    accounts: &[Account],
    before: &Balances,
    after: &Balances,
    book: &Book,
    (vault, ledger): (Address, crate::model::Bucket),
) -> Result<Reconciliation, Fail> {
    let unbalanced = |what: String| Err(Fail::Unbalanced(what));
    let mut sum = Moved::default();
    let mut rows = Vec::new();
    let (mut held_before, mut held_after) = (Moved::default(), Moved::default());
    let mut vault_less_ledger = Moved::default();
    for ((account, old), new) in accounts.iter().zip(&before.of).zip(&after.of) {
        let change = Moved {
            weth: new.weth - old.weth,
            usdc: new.usdc - old.usdc,
        };
        let moved = book.total(account.address);
        if change != moved {
            return unbalanced(format!(
                "{}: balances changed by {change:?}, transfers sum to {moved:?}",
                account.name
            ));
        }
        if account.address == vault {
            vault_less_ledger = Moved {
                weth: new.weth - ledger.assets,
                usdc: new.usdc - ledger.quote,
            };
        }
        sum += change;
        held_before += *old;
        held_after += *new;
        rows.push(BalanceRow {
            account: account.clone(),
            before: *old,
            after: *new,
            change,
        });
    }
    let nothing = Moved::default();
    if sum != nothing {
        return unbalanced(format!("changes sum to {sum:?}"));
    }
    if held_before != before.supply || held_after != after.supply || before.supply != after.supply {
        return unbalanced(format!(
            "accounts hold {held_before:?} of {:?}, then {held_after:?} of {:?}",
            before.supply, after.supply
        ));
    }
    if vault_less_ledger != nothing {
        return unbalanced(format!(
            "the vault holds {vault_less_ledger:?} more than its ledger"
        ));
    }
    rows.retain(|row| row.before != nothing || row.after != nothing);
    Ok(Reconciliation {
        rows,
        sum_of_changes: sum,
        supply: after.supply,
        vault_less_ledger,
    })
}
