//! Logs, and filters that remember how far their client has read.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Log};
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{BlockId, Param, Params, field},
    view,
    view::quantity,
};
use crate::node::{Node, forgotten};

/// Most filters; the oldest goes first.
const FILTERS_MAX: usize = 1_024;
/// Most addresses of a query, and most alternatives of a topic.
const ALTERNATIVES_MAX: usize = 1_000;
/// Most topics of a log.
const TOPICS_MAX: usize = 4;
/// Most logs in one answer.
const LOGS_MAX: usize = 100_000;

pub(super) fn call(
    node: &mut Node,
    method: &str,
    params: &Params,
) -> Option<Result<Value, RpcError>> {
    Some(match method {
        "eth_getLogs" => params.get::<Query>(0).and_then(|query| logs(node, &query)),
        "eth_newFilter" => params
            .get::<Query>(0)
            .map(|query| node.install(Kind::Logs(query))),
        "eth_newBlockFilter" => Ok(node.install(Kind::Blocks)),
        "eth_newPendingTransactionFilter" => Ok(node.install(Kind::Transactions)),
        "eth_getFilterChanges" => params.get(0).and_then(|id| changes(node, id)),
        "eth_getFilterLogs" => params.get(0).and_then(|id| all(node, id)),
        "eth_uninstallFilter" => {
            let id = params.get::<u64>(0);
            id.map(|id| json!(node.filters.installed.remove(&id).is_some()))
        }
        _ => return None,
    })
}

/// Which logs.
#[derive(Clone, Debug)]
pub struct Query {
    from: Option<BlockId>,
    to: Option<BlockId>,
    block: Option<B256>,
    /// Of any of these; of any at all if there are none.
    addresses: Vec<Address>,
    /// For each topic the alternatives; none for any.
    topics: Vec<Vec<B256>>,
}

/// One or several, or anything.
struct Alternatives<T>(Vec<T>);

impl<T: Param> Param for Alternatives<T> {
    fn read(value: &Value) -> Result<Self, String> {
        let all = match value {
            Value::Null => Vec::new(),
            Value::Array(list) if list.len() > ALTERNATIVES_MAX => {
                return Err(format!("more than {ALTERNATIVES_MAX} alternatives"));
            }
            Value::Array(list) => {
                // A null among them means anything.
                if list.iter().any(Value::is_null) {
                    return Ok(Self(Vec::new()));
                }
                list.iter().map(T::read).collect::<Result<_, _>>()?
            }
            one => vec![T::read(one)?],
        };
        Ok(Self(all))
    }
}

impl Param for Query {
    fn read(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err("a filter is an object".to_owned());
        }
        let (from, to) = (field(value, "fromBlock")?, field(value, "toBlock")?);
        let block = field(value, "blockHash")?;
        if block.is_some() && (from.is_some() || to.is_some()) {
            return Err("cannot specify both blockHash and fromBlock/toBlock".to_owned());
        }
        let topics = value.get("topics").and_then(Value::as_array);
        if topics.is_some_and(|topics| topics.len() > TOPICS_MAX) {
            return Err("exceed max topics".to_owned());
        }
        let topics = topics.into_iter().flatten();
        let topics = topics.map(|topic| Alternatives::read(topic).map(|topic| topic.0));
        Ok(Self {
            from,
            to,
            block,
            addresses: field::<Alternatives<_>>(value, "address")?
                .map_or_else(Vec::new, |all| all.0),
            topics: topics.collect::<Result<_, _>>()?,
        })
    }
}

impl Query {
    fn matches(&self, log: &Log) -> bool {
        let topics = log.data.topics();
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        address
            && topics.len() >= self.topics.len()
            && self
                .topics
                .iter()
                .zip(topics)
                .all(|(any, topic)| any.is_empty() || any.contains(topic))
    }

    /// The numbers of the first and the last block.
    fn range(&self, node: &Node) -> Result<(u64, u64), RpcError> {
        if let Some(hash) = self.block {
            let block = node.history.block_of_hash(&hash);
            let block = block.ok_or_else(|| RpcError::server("unknown block"))?;
            return Ok((block.header.number, block.header.number));
        }
        let latest = node.chain.block_number();
        let number = |id: Option<BlockId>| match id {
            None | Some(BlockId::Latest | BlockId::Pending) => Ok(latest),
            Some(BlockId::Earliest) => Ok(0),
            Some(BlockId::Number(number)) => Ok(number),
            Some(BlockId::Hash(_)) => Err(RpcError::params("a range has numbers")),
        };
        let (from, to) = (number(self.from)?, number(self.to)?);
        if from > to {
            return Err(RpcError::params("invalid block range params"));
        }
        Ok((from, to))
    }
}

fn logs(node: &Node, query: &Query) -> Result<Value, RpcError> {
    let (from, to) = query.range(node)?;
    // Rather than to answer as if nothing had happened in them.
    if from < node.history.oldest() {
        return Err(forgotten(node.history.oldest()));
    }
    select(node, query, from, to)
}

fn select(node: &Node, query: &Query, from: u64, to: u64) -> Result<Value, RpcError> {
    let mut found = Vec::new();
    for block in node.history.range(from, to) {
        let of_block = block.logs().filter(|(_, log)| query.matches(log));
        found.extend(of_block.map(|(index, log)| view::log(block, index, log)));
        if found.len() > LOGS_MAX {
            return Err(RpcError::server(format!(
                "query returned more than {LOGS_MAX} results"
            )));
        }
    }
    Ok(found.into())
}

#[derive(Clone, Debug)]
enum Kind {
    Logs(Query),
    Blocks,
    Transactions,
}

#[derive(Clone, Debug)]
struct Filter {
    kind: Kind,
    /// Number of the latest block that was reported.
    seen: u64,
}

/// What clients have asked to be told of.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    installed: BTreeMap<u64, Filter>,
    last: u64,
}

impl Filters {
    /// The chain went back to a block.
    pub(crate) fn rewind(&mut self, number: u64) {
        for filter in self.installed.values_mut() {
            filter.seen = filter.seen.min(number);
        }
    }
}

impl Node {
    fn install(&mut self, kind: Kind) -> Value {
        let seen = self.chain.block_number();
        let filters = &mut self.filters;
        if filters.installed.len() >= FILTERS_MAX {
            filters.installed.pop_first();
        }
        filters.last += 1;
        filters
            .installed
            .insert(filters.last, Filter { kind, seen });
        quantity(filters.last)
    }
}

fn changes(node: &mut Node, id: u64) -> Result<Value, RpcError> {
    let latest = node.chain.block_number();
    let filter = node.filters.installed.get_mut(&id).ok_or_else(unknown)?;
    let from = filter.seen.saturating_add(1);
    filter.seen = latest;
    let kind = filter.kind.clone();
    match kind {
        Kind::Blocks => {
            let blocks = node.history.range(from, latest);
            Ok(blocks.map(|block| json!(block.hash)).collect())
        }
        Kind::Transactions => {
            let blocks = node.history.range(from, latest);
            let mined = blocks.filter_map(|block| block.mined.as_ref());
            Ok(mined.map(|mined| json!(mined.tx.hash())).collect())
        }
        Kind::Logs(query) => {
            let first = match query.from {
                Some(BlockId::Number(number)) => number.max(from),
                _ => from,
            };
            let last = match query.to {
                Some(BlockId::Number(number)) => number.min(latest),
                _ => latest,
            };
            select(node, &query, first, last)
        }
    }
}

fn all(node: &Node, id: u64) -> Result<Value, RpcError> {
    match node.filters.installed.get(&id) {
        Some(Filter {
            kind: Kind::Logs(query),
            ..
        }) => logs(node, query),
        _ => Err(unknown()),
    }
}

fn unknown() -> RpcError {
    RpcError::server("filter not found")
}
