//! What a run was, as data: the terminal, the HTML and the JSON all show this and nothing else. README.md explains the fields.

use serde::Serialize;

use crate::amount::{Dollars, Usdc, Weth};
use crate::flows::{Flows, Reconciliation};

/// A whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this layout.
    pub layout: u32,
    /// Where prices came from.
    pub path: PathInfo,
    /// The contract.
    pub vault: VaultInfo,
    /// The epoch.
    pub epoch: EpochInfo,
    /// Every call of the story, in order.
    pub calls: Vec<Call>,
    /// The state hour by hour, and after each call before opening and after expiry.
    pub hours: Vec<Hour>,
    /// Gas by kind of call.
    pub gas: Vec<GasOfKind>,
    /// What came out of it.
    pub results: Results,
    /// The ledger at the end.
    pub ledger: Buckets,
    /// Every token transfer of the story, by account and purpose.
    pub flows: Flows,
    /// Balances before and after, which add up.
    pub reconciliation: Reconciliation,
}

/// Where prices came from.
#[derive(Clone, Debug, Serialize)]
pub struct PathInfo {
    /// Name.
    pub name: String,
    /// Origin, in a sentence.
    pub origin: String,
    /// Realised volatility of the epoch, a year.
    pub realised_volatility: f64,
}

/// The contract and its policy.
#[derive(Clone, Debug, Serialize)]
pub struct VaultInfo {
    /// Address.
    pub address: String,
    /// Bytes of the vault's deployed code, compressed.
    pub code_size: usize,
    /// Bytes of its extension's.
    pub extension_code_size: usize,
    /// Bytes of the WASM of both.
    pub wasm_size: u64,
    /// Gas of entering the program when it is cached, memory included.
    pub entry_gas_cached: u64,
    /// Gas of entering the program when it is not, memory included.
    pub entry_gas_uncached: u64,
    /// Gas of the creating transactions.
    pub create_gas: u64,
    /// Gas of the activating transactions.
    pub activate_gas: u64,
    /// Wei paid for activation.
    pub activation_fee_wei: String,
    /// Volatility options are priced with, a year.
    pub implied_volatility: f64,
    /// Exposure aimed at, a fraction of net asset value.
    pub target_weight: f64,
    /// Half-width of the no-trade band, a fraction of net asset value.
    pub band: f64,
    /// Price of gas, wei.
    pub base_fee_wei: u64,
}

/// The epoch.
#[derive(Clone, Debug, Serialize)]
pub struct EpochInfo {
    /// Its number.
    pub number: u64,
    /// Hour 0, Unix seconds.
    pub opening: u64,
    /// Expiry, Unix seconds.
    pub expiry: u64,
    /// Price at opening.
    pub spot: Dollars,
    /// Price it was settled at.
    pub settlement_price: Dollars,
    /// The Chainlink round of that price.
    pub settlement_round: String,
    /// The series.
    pub series: Vec<SeriesInfo>,
}

/// A series.
#[derive(Clone, Debug, Serialize)]
pub struct SeriesInfo {
    /// Option id.
    pub id: u64,
    /// Strike.
    pub strike: Dollars,
    /// Cap of the payoff; absent for a plain call.
    pub cap: Option<Dollars>,
    /// Most options that could be sold.
    pub limit: Weth,
    /// Options sold.
    pub sold: Weth,
    /// Premium earned.
    pub premium: Usdc,
    /// Paid to holders, in the asset.
    pub payout_assets: Weth,
    /// Paid to holders, in quote.
    pub payout_quote: Usdc,
}

/// Exposure and value of the vault at a moment.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct State {
    /// Net delta: `u − Σ n·Δ`.
    pub exposure: Weth,
    /// Net asset value: `u + (c − Σ n·price) / S`.
    pub nav: Weth,
    /// The first over the second; 0 for an empty vault.
    pub exposure_of_nav: f64,
}

/// A trade of the vault on the exchange.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Trade {
    /// WETH bought, negative when sold.
    pub assets: Weth,
    /// USDC received, negative when paid.
    pub quote: Usdc,
    /// What it cost against the oracle's price: fee and price impact.
    pub cost: Usdc,
}

/// A call of the vault.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Unix seconds.
    pub time: u64,
    /// Hours since opening, negative before.
    pub hour: f64,
    /// Who called.
    pub caller: String,
    /// What they are.
    pub role: String,
    /// The function.
    pub function: String,
    /// The error, for a call that was refused. It was only simulated then and cost nothing.
    pub refused: Option<String>,
    /// Gas used, entry included.
    pub gas: u64,
    /// Gas of entering the program.
    pub entry_gas: u64,
    /// Reward paid to the caller.
    pub reward: Weth,
    /// Price of the oracle.
    pub price: Dollars,
    /// The vault before.
    pub before: State,
    /// The vault after.
    pub after: State,
    /// The trade, if it made one.
    pub trade: Option<Trade>,
    /// What happened, in words.
    pub detail: String,
}

/// Asset and quote of a bucket.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Bucket {
    /// Asset.
    pub assets: Weth,
    /// Quote.
    pub quote: Usdc,
}

/// The ledger.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Buckets {
    /// The shareholders'.
    pub vault: Bucket,
    /// Queued deposits.
    pub queued: Bucket,
    /// Payments that a token refused.
    pub claimable: Bucket,
    /// Option payouts not yet taken.
    pub payouts: Bucket,
    /// Reserves of early expiries.
    pub reserves: Bucket,
    /// Keeper budget.
    pub keeper: Bucket,
}

impl Buckets {
    /// All six, by name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Bucket); 6] {
        [
            ("shareholders", self.vault),
            ("queued deposits", self.queued),
            ("refused payments", self.claimable),
            ("option payouts", self.payouts),
            ("reserves", self.reserves),
            ("keeper budget", self.keeper),
        ]
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> Bucket {
        let named = self.named();
        Bucket {
            assets: named.iter().map(|(_, bucket)| bucket.assets).sum(),
            quote: named.iter().map(|(_, bucket)| bucket.quote).sum(),
        }
    }
}

/// Price and sensitivities of one option.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Greeks {
    /// Quote per option.
    pub price: f64,
    /// Asset per option.
    pub delta: f64,
    /// Change of delta when the price moves by 1 % of itself.
    pub gamma: f64,
    /// Quote per point (0.01) of volatility.
    pub vega: f64,
    /// Quote a day.
    pub theta: f64,
}

/// Greeks of a series at a moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SeriesHour {
    /// Option id.
    pub id: u64,
    /// Options open.
    pub sold: Weth,
    /// Computed now, by the function that the contract runs.
    pub fresh: Greeks,
    /// As the contract's view shows them per unit of spot, at the price it acted on last, times today's price.
    pub shown: Greeks,
}

/// What the keeper did in an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// Nothing to look at: no epoch is live.
    Away,
    /// Nothing to do: the exposure is inside the band.
    InsideBand,
    /// It called `rebalance`.
    Rebalanced,
    /// There was something to do, for less than its gas costs.
    NotWorthIt,
    /// There was something to do, and the vault or the exchange refused.
    Refused(String),
}

/// The state at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct Hour {
    /// Hours since opening, negative before.
    pub hour: f64,
    /// Unix seconds.
    pub time: u64,
    /// Price of the oracle.
    pub price: Dollars,
    /// Price of the pool.
    pub pool_price: Dollars,
    /// `open`, `live`, `expired` or `settled`.
    pub phase: &'static str,
    /// Exposure and value.
    pub state: State,
    /// Exposure the vault aims at.
    pub target: Weth,
    /// Half-width of the no-trade band around it.
    pub band: Weth,
    /// Assets of the shareholders, as the contract states them.
    pub total_assets: Weth,
    /// Shares in existence, smallest unit.
    pub supply: String,
    /// `totalAssets` over shares (1.0 at the start); absent without shares.
    pub share_price: Option<f64>,
    /// The ledger.
    pub ledger: Buckets,
    /// What the keeper did.
    pub keeper: Keeper,
    /// The series, while the epoch is live.
    pub series: Vec<SeriesHour>,
}

/// Gas of one kind of call.
#[derive(Clone, Debug, Serialize)]
pub struct GasOfKind {
    /// The function.
    pub function: String,
    /// How many were made.
    pub calls: usize,
    /// Least gas.
    pub min: u64,
    /// Mean gas, rounded down.
    pub mean: u64,
    /// Most gas.
    pub max: u64,
    /// Mean gas of entering the program, within the above.
    pub entry: u64,
}

/// What came out of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Results {
    /// Premium earned.
    pub premium: Usdc,
    /// Paid to option holders, in quote at the settlement price.
    pub payouts: Usdc,
    /// What the hedge's trades made, marked at the settlement price, in quote. Costs included.
    pub hedge: Usdc,
    /// Part of the above that went to the pool as fee and price impact.
    pub hedge_cost: Usdc,
    /// What converting the leftover quote cost against the oracle's price.
    pub conversion_cost: Usdc,
    /// Trades on the exchange.
    pub rebalances: usize,
    /// Rewards paid.
    pub rewards: Weth,
    /// What the keepers' gas cost them, in the native token (WETH's equal).
    pub keeper_gas: Weth,
    /// Hours in which the keeper looked.
    pub keeper_checks: usize,
    /// Each depositor.
    pub depositors: Vec<Depositor>,
    /// How the shareholders' deposits became what they redeemed.
    pub bridge: Vec<Step>,
}

/// A depositor's return.
#[derive(Clone, Debug, Serialize)]
pub struct Depositor {
    /// Name.
    pub name: String,
    /// Deposited.
    pub deposited: Weth,
    /// Redeemed.
    pub redeemed: Weth,
    /// Redeemed in quote, where the asset could not be had.
    pub redeemed_quote: Usdc,
    /// In the asset, and therefore against holding it.
    pub versus_holding: f64,
    /// In quote, between the prices at opening and at the end.
    pub in_quote: f64,
    /// What holding the asset made in quote.
    pub holding_in_quote: f64,
}

/// A step from deposits to redemptions.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What it is.
    pub label: &'static str,
    /// Asset; quote counted at the settlement price.
    pub assets: Weth,
}
