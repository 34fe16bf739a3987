//! Prices of a development chain, fed by its one operator.

use crate::chain::{Chain, ChainError, Failure, Until};
use cloister_client_core::{amount::Decimal, owner::OwnerKey};
use cloister_runtime::{configs::oracle::FeedId, RuntimeCall, RuntimeError};
use polkadot_sdk::{frame_support::BoundedVec, pallet_oracle, sp_runtime::FixedU128};

/// Decimals of a price on the chain.
const PRICE_DECIMALS: u32 = 18;

/// Number of blocks in which a feed is tried, where somebody else feeds with the same key.
const TRIES: usize = 5;

/// Why no price can be fed.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// The chain refuses.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// A price does not fit.
    #[error("price {0} has more than 18 decimals or is too large for the oracle")]
    Price(Decimal),
    /// More feeds at once than the chain accepts.
    #[error("{0} feeds are more than one transaction may hold")]
    TooMany(usize),
}

/// The key of the development chain's one operator, who holds its sudo key and issues its settlement asset.
pub fn developer() -> OwnerKey {
    OwnerKey::from_uri("//Alice").expect("this URI is well-formed; qed")
}

/// A decimal as the chain's fixed-point number.
///
/// # Errors
/// [`OracleError::Price`].
pub fn fixed(price: &Decimal) -> Result<FixedU128, OracleError> {
    let too_much = OracleError::Price(*price);
    let up = PRICE_DECIMALS.checked_sub(price.scale());
    up.and_then(|up| 10u128.checked_pow(up))
        .and_then(|factor| price.digits().checked_mul(factor))
        .map(FixedU128::from_inner)
        .ok_or(too_much)
}

/// Feeds one price to several feeds and waits until it is in a block.
///
/// # Errors
/// [`OracleError`].
pub async fn feed(chain: &Chain, feeds: &[FeedId], price: &Decimal) -> Result<(), OracleError> {
    let value = fixed(price)?;
    let pairs: Vec<_> = feeds.iter().map(|feed| (*feed, value)).collect();
    let values = BoundedVec::try_from(pairs).map_err(|_| OracleError::TooMany(feeds.len()))?;
    let call = RuntimeCall::Oracle(pallet_oracle::Call::feed_values { values });
    for _ in 1..TRIES {
        match chain.submit(call.clone(), &developer(), Until::InBlock).await {
            Err(ChainError::Failed(failure)) if fed_in_this_block(&failure) => {}
            done => return Ok(done.map(drop)?),
        }
    }
    Ok(chain.submit(call, &developer(), Until::InBlock).await.map(drop)?)
}

/// The oracle takes one feed of an operator per block; the next block takes the next.
fn fed_in_this_block(failure: &Failure) -> bool {
    matches!(
        RuntimeError::from_dispatch_error(failure.error),
        Some(RuntimeError::Oracle(pallet_oracle::Error::AlreadyFeeded))
    )
}

/// Every feed that a group needs before it has a risk table.
///
/// # Errors
/// [`ChainError`].
pub async fn feeds_of(chain: &Chain, group: u32) -> Result<Vec<FeedId>, ChainError> {
    let listed = chain.risk_group(group, None).await?.instruments;
    Ok(listed
        .iter()
        .flat_map(|i| std::iter::once(i.feed).chain(i.premium_feed))
        .collect())
}
