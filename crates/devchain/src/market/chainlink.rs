//! Chainlink feeds: an aggregator with a single oracle, behind the proxy that consumers read.

use alloy_primitives::{Address, I256, U256, aliases::U80};
use alloy_sol_types::SolValue;

use super::{
    MarketError, OPERATOR,
    abi::{IAggregatorProxy, IFluxAggregator},
    deploy, send, supply, view,
};
use crate::{artifacts::Artifact, chain::Chain};

/// How a feed is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedConfig {
    /// What it is called.
    pub description: String,
    /// Decimals of its answers.
    pub decimals: u8,
    /// Smallest answer it takes.
    pub min_answer: I256,
    /// Largest answer it takes.
    pub max_answer: I256,
}

impl FeedConfig {
    /// A feed that takes any answer, also those that a real one would never give.
    #[must_use]
    pub fn new(description: &str, decimals: u8) -> Self {
        Self {
            description: description.into(),
            decimals,
            min_answer: I256::MIN,
            max_answer: I256::MAX,
        }
    }
}

/// What a feed says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Phase (upper 16 of 80 bits) and round of the aggregator.
    pub round_id: u128,
    /// The answer, in the feed's decimals.
    pub answer: I256,
    /// When the round started, in seconds since 1970.
    pub started_at: u64,
    /// When it was answered.
    pub updated_at: u64,
    /// The round it was answered in.
    pub answered_in_round: u128,
}

/// A price feed whose only oracle is the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Address of the proxy, which consumers read.
    pub address: Address,
    config: FeedConfig,
}

impl Feed {
    /// Deploys a feed. It has no answer yet and reverts when read.
    ///
    /// # Errors
    ///
    /// When its package is not installed.
    pub fn deploy(chain: &mut Chain, config: FeedConfig) -> Result<Self, MarketError> {
        let aggregator = deploy_aggregator(chain, &config)?;
        let arguments = (aggregator, Address::ZERO).abi_encode_params();
        let address = deploy(chain, OPERATOR, Artifact::AggregatorProxy, &arguments)?;
        Ok(Self { address, config })
    }

    /// Answers a new round, now.
    ///
    /// # Errors
    ///
    /// When the answer is outside the feed's bounds.
    pub fn submit(&self, chain: &mut Chain, answer: I256) -> Result<(), MarketError> {
        supply(chain, OPERATOR);
        let aggregator = self.aggregator(chain)?;
        let latest = view(chain, aggregator, &IFluxAggregator::latestRoundCall {})?;
        let call = IFluxAggregator::submitCall {
            roundId: latest.saturating_add(U256::from(1)),
            submission: answer,
        };
        send(chain, OPERATOR, aggregator, &call).map(|_| ())
    }

    /// The answer that consumers see.
    ///
    /// # Errors
    ///
    /// When there is none yet.
    pub fn latest(&self, chain: &Chain) -> Result<Round, MarketError> {
        let call = IAggregatorProxy::latestRoundDataCall {};
        let round = view(chain, self.address, &call)?;
        Ok(Round {
            round_id: round.roundId.to(),
            answer: round.answer,
            started_at: round.startedAt.saturating_to(),
            updated_at: round.updatedAt.saturating_to(),
            answered_in_round: round.answeredInRound.to(),
        })
    }

    /// An earlier answer.
    ///
    /// # Errors
    ///
    /// When there is no such round.
    pub fn round(&self, chain: &Chain, round_id: u128) -> Result<Round, MarketError> {
        let id = U80::from(round_id);
        let round = view(
            chain,
            self.address,
            &IAggregatorProxy::getRoundDataCall { id },
        )?;
        Ok(Round {
            round_id: round.roundId.to(),
            answer: round.answer,
            started_at: round.startedAt.saturating_to(),
            updated_at: round.updatedAt.saturating_to(),
            answered_in_round: round.answeredInRound.to(),
        })
    }

    /// The aggregator behind the proxy.
    ///
    /// # Errors
    ///
    /// Not in a sound state.
    pub fn aggregator(&self, chain: &Chain) -> Result<Address, MarketError> {
        view(chain, self.address, &IAggregatorProxy::aggregatorCall {})
    }

    /// The phase: how many aggregators the proxy has had.
    ///
    /// # Errors
    ///
    /// Not in a sound state.
    pub fn phase(&self, chain: &Chain) -> Result<u16, MarketError> {
        view(chain, self.address, &IAggregatorProxy::phaseIdCall {})
    }

    /// Replaces the aggregator by a fresh one, as Chainlink does from time to time: round ids jump. With an answer, the
    /// new aggregator has one before the switch.
    ///
    /// # Errors
    ///
    /// When the answer is outside the feed's bounds.
    pub fn change_phase(&self, chain: &mut Chain, answer: Option<I256>) -> Result<(), MarketError> {
        let aggregator = deploy_aggregator(chain, &self.config)?;
        if let Some(submission) = answer {
            let call = IFluxAggregator::submitCall {
                roundId: U256::from(1),
                submission,
            };
            send(chain, OPERATOR, aggregator, &call)?;
        }
        let propose = IAggregatorProxy::proposeAggregatorCall { aggregator };
        send(chain, OPERATOR, self.address, &propose)?;
        let confirm = IAggregatorProxy::confirmAggregatorCall { aggregator };
        send(chain, OPERATOR, self.address, &confirm).map(|_| ())
    }
}

fn deploy_aggregator(chain: &mut Chain, config: &FeedConfig) -> Result<Address, MarketError> {
    // Nobody is paid, so no LINK is needed and rounds never time out.
    let (link, payment, timeout, validator) = (Address::ZERO, 0_u128, 0_u32, Address::ZERO);
    let arguments = (
        link,
        payment,
        timeout,
        validator,
        config.min_answer,
        config.max_answer,
        U256::from(config.decimals),
        config.description.clone(),
    )
        .abi_encode_params();
    let aggregator = deploy(chain, OPERATOR, Artifact::FluxAggregator, &arguments)?;
    let oracles = IFluxAggregator::changeOraclesCall {
        removed: Vec::new(),
        added: vec![OPERATOR],
        addedAdmins: vec![OPERATOR],
        minSubmissions: 1,
        maxSubmissions: 1,
        restartDelay: 0,
    };
    send(chain, OPERATOR, aggregator, &oracles)?;
    Ok(aggregator)
}

/// The feed that tells whether the sequencer is up. Its answer is 0 while it is and 1 while it is not, and a round
/// starts when that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencerFeed {
    feed: Feed,
}

impl SequencerFeed {
    /// Deploys the feed, with the sequencer up since now.
    ///
    /// # Errors
    ///
    /// When its package is not installed.
    pub fn deploy(chain: &mut Chain) -> Result<Self, MarketError> {
        let config = FeedConfig::new("L2 Sequencer Uptime Status Feed", 0);
        let feed = Feed::deploy(chain, config)?;
        feed.submit(chain, I256::ZERO)?;
        Ok(Self { feed })
    }

    /// Address of the proxy, which consumers read.
    #[must_use]
    pub fn address(&self) -> Address {
        self.feed.address
    }

    /// Says that the sequencer went down, or came back, now.
    ///
    /// # Errors
    ///
    /// Not in a sound state.
    pub fn set_up(&self, chain: &mut Chain, up: bool) -> Result<(), MarketError> {
        let answer = if up { I256::ZERO } else { I256::ONE };
        self.feed.submit(chain, answer)
    }

    /// The feed as any other.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}
