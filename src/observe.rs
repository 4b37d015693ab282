//! Catching the estimate of volatility up with time, a price every half hour.

use vault_core::policy::Volatility;
use vault_core::reward::observation_reward;
use vault_core::settlement::{MAX_PHASES, RoundId};
use vault_core::volatility::{self, Estimate, MAX_LAG, MAX_STEPS, Reading, SEED_SECONDS};
use vault_core::wide::mul_div_down;
use vault_core::{Assets, Price, WAD};

use crate::errors::fail;
use crate::oracle::{self, Feed};
use crate::storage::{self, Bucket, Pair};
use crate::{Result, events, host, token};

/// For a feed: the numbers of its last rounds at or before the points of the grid that come next, one for each point; where its phase is replaced,
/// first the last of the old one and then that of the new one. 0 for no more.
pub type Rounds = [u64; MAX_STEPS];

/// A feed on its way along the grid.
struct Walk {
    feed: Feed,
    /// The phase that prices are read in.
    phase: u16,
    /// The phase that the feed is in.
    current: u16,
    /// What the caller points at; `None` to look for it.
    given: Option<Rounds>,
    /// What has been pointed at, or found.
    used: Rounds,
    count: usize,
}

impl Walk {
    fn new(feed: Feed, phase: u16, given: Option<Rounds>) -> Result<Self> {
        Ok(Self {
            current: oracle::current_phase(&feed)?,
            feed,
            phase,
            given,
            used: [0; MAX_STEPS],
            count: 0,
        })
    }

    /// What the caller points at for a point, or what a search finds; `None` for no more.
    #[expect(clippy::arithmetic_side_effects, reason = "counts the hints of a call")]
    fn hint(&mut self, time: u64) -> Result<Option<u64>> {
        let Some(place) = self.used.get_mut(self.count) else {
            return Ok(None);
        };
        let hint = match &self.given {
            Some(given) => given.get(self.count).copied().unwrap_or_default(),
            // A phase that is gone has no round: any number says so.
            None => oracle::find(&self.feed, self.phase, time)?.max(1),
        };
        *place = hint;
        self.count += 1;
        Ok((hint != 0).then_some(hint))
    }

    /// The price in force at a point and the time before which it stays so; 0 for none that is known. `None` when the hints are used up.
    fn at(&mut self, time: u64, max_age: u64, now: u64) -> Result<Option<(Price, u64)>> {
        loop {
            let Some(number) = self.hint(time)? else {
                return Ok(None);
            };
            let first = RoundId {
                phase: self.phase,
                number: 1,
            };
            let rounds = oracle::around(&self.feed, first, number, time, false)?;
            let replaced = self.phase < self.current;
            match volatility::reading(&rounds, time, max_age, replaced, now) {
                Reading::Price(price, until) => return Ok(Some((price, until))),
                Reading::Silent => match self.successor(time)? {
                    Some(phase) => self.phase = phase,
                    None => return Ok(Some((Price::ZERO, time.saturating_add(1)))),
                },
            }
        }
    }

    /// The next phase that had begun at `time`; at most three are looked at.
    fn successor(&self, time: u64) -> Result<Option<u16>> {
        for phase in (self.phase..=self.current).skip(1).take(MAX_PHASES - 1) {
            let begun = oracle::begins(&self.feed, phase)?;
            if begun.is_some_and(|first| first.updated_at <= time) {
                return Ok(Some(phase));
            }
        }
        Ok(None)
    }
}

/// Both feeds on their way along the grid.
struct Grid {
    estimate: Estimate,
    asset: Walk,
    /// `None` where the quote is taken at par.
    quote: Option<Walk>,
    /// Phases that the last point was read in.
    phases: [u16; 2],
    /// Prices proven.
    proven: usize,
}

impl Grid {
    fn load(given: Option<(Rounds, Rounds)>) -> Result<Self> {
        let phases @ [asset, quote] = storage::grid_phases();
        Ok(Self {
            estimate: storage::estimate(),
            asset: Walk::new(Feed::asset(), asset, given.map(|(asset, _)| asset))?,
            quote: match Feed::quote() {
                Some(feed) => Some(Walk::new(feed, quote, given.map(|(_, quote)| quote))?),
                None => None,
            },
            phases,
            proven: 0,
        })
    }

    /// Takes the points that have passed, as far as the hints go.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "counts the points of a call"
    )]
    fn advance(&mut self, policy: &Volatility, now: u64) -> Result<()> {
        let market = storage::market_policy();
        while self.proven < MAX_STEPS && self.estimate.lag(now) > 0 {
            let time = self.estimate.next();
            let asset = self
                .asset
                .at(time, market.settle_max_age_seconds.into(), now)?;
            let Some((mut price, mut until)) = asset else {
                break;
            };
            let mut quote_phase = 0;
            if let Some(walk) = &mut self.quote {
                let quote = walk.at(time, market.quote_max_age_seconds.into(), now)?;
                let Some((dollars, quote_until)) = quote else {
                    break;
                };
                // A quote that nobody knows the price of leaves none of the pair.
                let ratio = mul_div_down(price.0, WAD, dollars.0).unwrap_or(0);
                price = oracle::within_domain(ratio).unwrap_or_default();
                until = until.min(quote_until);
                quote_phase = walk.phase;
            }
            self.estimate.take(price, until, policy)?;
            self.phases = [self.asset.phase, quote_phase];
            self.proven += 1;
        }
        Ok(())
    }
}

/// Takes the points of the grid that have passed since the last one taken, as far as the hints go, and pays the caller from the keeper budget by
/// the prices proven. Anyone may call it: the estimate does not depend on who does, when, and with which hints. Returns how many points
/// were taken and the reward.
///
/// A price that was in force over several points takes them all at once.
///
/// # Errors
/// `NothingToObserve`; `WrongRound`, `NotEnoughGas` for a hint that proves nothing.
#[inline(never)]
pub fn observe(asset: Rounds, quote: Rounds) -> Result<(u64, Assets)> {
    let now = host::now();
    let mut grid = Grid::load(Some((asset, quote)))?;
    let before = grid.estimate.point;
    let phases = grid.phases;
    grid.advance(&storage::volatility_policy(), now)?;
    let Grid {
        estimate, proven, ..
    } = grid;
    if proven == 0 {
        return Err(fail::NothingToObserve(estimate.next(), now));
    }
    storage::store_estimate(&estimate);
    if grid.phases != phases {
        storage::store_grid_phases(grid.phases);
    }
    let budget = storage::bucket(Bucket::Keeper).assets;
    let reward = observation_reward(&storage::keeper_policy(), proven, host::base_fee(), budget);
    events::volatility_observed(
        host::caller(),
        estimate.point.saturating_mul(volatility::GRID_SECONDS),
        estimate.price,
        estimate.variance,
        estimate.volatility,
        reward,
    );
    token::pay_reward(&Pair::load().asset, reward)?;
    Ok((estimate.point.saturating_sub(before), reward))
}

/// The hints that [`observe`] takes now: at most 32 reads each.
#[inline(never)]
pub fn find_grid_rounds() -> Result<(Rounds, Rounds)> {
    let mut grid = Grid::load(None)?;
    grid.advance(&storage::volatility_policy(), host::now())?;
    Ok((
        grid.asset.used,
        grid.quote.map_or([0; MAX_STEPS], |quote| quote.used),
    ))
}

/// What options are priced with, variance, time and price of the last point taken, points that have passed since.
#[inline(never)]
pub fn volatility_grid() -> Result<(u64, u64, u64, Price, u64)> {
    let estimate = storage::estimate();
    Ok((
        estimate.volatility,
        estimate.variance,
        estimate.point.saturating_mul(volatility::GRID_SECONDS),
        estimate.price,
        estimate.lag(host::now()),
    ))
}

/// Refuses while the estimate lags behind time by more than [`MAX_LAG`] points: whoever knows what volatility has become would trade on it.
///
/// # Errors
/// `VolatilityStale`.
#[inline(never)]
pub fn require_fresh(now: u64) -> Result<()> {
    let estimate = storage::estimate();
    if estimate.lag(now) > MAX_LAG {
        let last = estimate.point.saturating_mul(volatility::GRID_SECONDS);
        return Err(fail::VolatilityStale(last, now));
    }
    Ok(())
}

/// Begins the grid [`SEED_SECONDS`] before now, or where the feeds' phases begin if that is later: nothing can be sold before somebody has
/// caught up through the past.
pub fn start(volatility: u64, policy: &Volatility) -> Result<()> {
    let now = host::now();
    let mut from = now.saturating_sub(SEED_SECONDS);
    let mut phase_of = |feed: &Feed| -> Result<u16> {
        let phase = oracle::current_phase(feed)?;
        let first = oracle::round(feed, RoundId { phase, number: 1 })?;
        from = from.max(first.map_or(now, |first| first.updated_at));
        Ok(phase)
    };
    let mut phases = [phase_of(&Feed::asset())?, 0];
    if let (Some(feed), [_, quote]) = (Feed::quote(), &mut phases) {
        *quote = phase_of(&feed)?;
    }
    storage::store_grid_phases(phases);
    storage::store_estimate(&Estimate::start(volatility, policy, from));
    Ok(())
}

/// Prices options by the policy that has come into force.
pub fn apply_policy() -> Result<()> {
    let mut estimate = storage::estimate();
    estimate.price_by(&storage::volatility_policy())?;
    storage::store_estimate(&estimate);
    Ok(())
}
