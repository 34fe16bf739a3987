//! Instruments of the chain, by name or number.

use crate::chain::{Chain, ChainError};
use cloister_client_core::{
    amount::{AmountError, Lot},
    instrument::{NotInTable, TradedInstrument},
};
use cloister_runtime::{
    configs::oracle::FeedId,
    genesis_presets::feeds::{BTC_INDEX, ETH_INDEX},
};

/// Names of the perpetuals on the feeds of the presets. The chain knows instruments by number only.
const NAMES: [(FeedId, &str); 2] = [(BTC_INDEX, "BTC-PERP"), (ETH_INDEX, "ETH-PERP")];

/// Why an instrument cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FindInstrumentError {
    /// The node could not be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The group lists no such instrument.
    #[error("group {group} lists no instrument `{wanted}`; it has {known}")]
    Unknown {
        /// The group.
        group: u32,
        /// What was asked for.
        wanted: String,
        /// What the group lists.
        known: String,
    },
    /// The newest risk table has no row for it yet.
    #[error("{0}")]
    NotInTable(#[from] NotInTable),
    /// A number does not fit the instrument.
    #[error("{0}")]
    Amount(#[from] AmountError),
}

/// Name of an instrument on a feed.
pub fn name_of(feed: FeedId, id: u32) -> String {
    NAMES
        .iter()
        .find(|(f, _)| *f == feed)
        .map_or_else(|| format!("PERP-{id}"), |(_, name)| (*name).into())
}

/// Every instrument of a group with its name, in the order of the table.
///
/// # Errors
/// [`ChainError`].
pub async fn list(chain: &Chain, group: u32) -> Result<Vec<(u32, String)>, ChainError> {
    Ok(chain
        .risk_group(group, None)
        .await?
        .instruments
        .iter()
        .map(|i| (i.id, name_of(i.feed, i.id)))
        .collect())
}

/// Finds an instrument by name (in any case) or number, in the newest risk table.
///
/// # Errors
/// [`FindInstrumentError`].
pub async fn find(chain: &Chain, group: u32, wanted: &str) -> Result<TradedInstrument, FindInstrumentError> {
    let listed = chain.risk_group(group, None).await?.instruments;
    let number: Option<u32> = wanted.parse().ok();
    let matches = |id: u32, feed: FeedId| number == Some(id) || name_of(feed, id).eq_ignore_ascii_case(wanted);
    let Some(found) = listed.iter().find(|i| matches(i.id, i.feed)) else {
        let known: Vec<String> = listed
            .iter()
            .map(|i| format!("{} ({})", name_of(i.feed, i.id), i.id))
            .collect();
        return Err(FindInstrumentError::Unknown {
            group,
            wanted: wanted.into(),
            known: known.join(", "),
        });
    };
    let table = chain.latest_risk_table(group, None).await?;
    let name = name_of(found.feed, found.id);
    Ok(TradedInstrument::in_table(
        &table,
        group,
        found.id,
        name,
        Lot(found.params.lot_size),
    )?)
}
