//! Prices, fed by an operator of the oracle. A development chain has one, whose key is public.

use crate::{
    chain::{Chain, ChainError, Failure, Included, RiskGroupOf, Until},
    instrument::name_of,
};
use cloister_client_core::{amount::Decimal, owner::OwnerKey};
use cloister_runtime::{
    configs::oracle::{FeedId, OperatorsInstance},
    genesis_presets, AccountId, Runtime, RuntimeCall, RuntimeError,
};
use pallet_cloister_risk::Groups;
use polkadot_sdk::{
    frame_support::{storage::StoragePrefixedMap, BoundedVec},
    pallet_membership::Members,
    pallet_oracle,
    sp_core::crypto::Ss58Codec,
    sp_runtime::{traits::Zero, FixedU128},
};

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
    /// The chain counts no price of zero.
    #[error("the price of feed {0} is zero, which the chain refuses")]
    Zero(FeedId),
    /// Prices of this account do not count.
    #[error("{account} is no operator of the oracle; the operators are {}", .operators.join(", "))]
    NotOperator {
        /// The account.
        account: String,
        /// Whose prices count.
        operators: Vec<String>,
    },
    /// No instrument uses such a feed.
    #[error("the chain has no feed `{name}`; the feeds are {}", .listed.join(", "))]
    UnknownFeed {
        /// What was asked for.
        name: String,
        /// What there is.
        listed: Vec<String>,
    },
}

/// The key of the development chain's one operator. It does nothing else, so its transactions wait for no others.
pub fn operator() -> OwnerKey {
    OwnerKey::from_uri(&genesis_presets::OPERATOR.to_seed()).expect("a well-known key has a well-formed URI; qed")
}

/// The key that holds the development chain's sudo key and issues its settlement asset.
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

/// Feeds one price to several feeds as the development chain's operator, and waits until it is in a block.
///
/// # Errors
/// [`OracleError`].
pub async fn feed(chain: &Chain, feeds: &[FeedId], price: &Decimal) -> Result<(), OracleError> {
    let prices: Vec<_> = feeds.iter().map(|feed| (*feed, *price)).collect();
    feed_as(chain, &operator(), &prices).await.map(drop)
}

/// Feeds prices as an operator, all in one transaction, and waits until it is in a block.
///
/// # Errors
/// [`OracleError`].
pub async fn feed_as(
    chain: &Chain,
    operator: &OwnerKey,
    prices: &[(FeedId, Decimal)],
) -> Result<Included, OracleError> {
    let pair = |(feed, price): &(FeedId, Decimal)| -> Result<_, OracleError> {
        let value = fixed(price)?;
        match value.is_zero() {
            true => Err(OracleError::Zero(*feed)),
            false => Ok((*feed, value)),
        }
    };
    let pairs = prices.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let values = BoundedVec::try_from(pairs).map_err(|_| OracleError::TooMany(prices.len()))?;
    let call = RuntimeCall::Oracle(pallet_oracle::Call::feed_values { values });
    for _ in 1..TRIES {
        match chain.submit(call.clone(), operator, Until::InBlock).await {
            Err(ChainError::Failed(failure)) if fed_in_this_block(&failure) => {}
            done => return Ok(done?),
        }
    }
    Ok(chain.submit(call, operator, Until::InBlock).await?)
}

/// Refuses an account whose prices the chain would not take.
///
/// # Errors
/// [`OracleError::NotOperator`]; [`OracleError::Chain`].
pub async fn expect_operator(chain: &Chain, account: &AccountId) -> Result<(), OracleError> {
    let key = Members::<Runtime, OperatorsInstance>::hashed_key().to_vec();
    let operators: Vec<AccountId> = chain.storage(key, None).await?.unwrap_or_default();
    match operators.contains(account) {
        true => Ok(()),
        false => Err(OracleError::NotOperator {
            account: account.to_ss58check(),
            operators: operators.iter().map(Ss58Codec::to_ss58check).collect(),
        }),
    }
}

/// A feed that the chain's instruments use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFeed {
    /// The feed.
    pub id: FeedId,
    /// The instrument that uses it.
    pub instrument: String,
    /// `index`, or `perpetual` for the price of the perpetual itself.
    pub what: &'static str,
}

/// Every feed that an instrument of any group uses.
///
/// # Errors
/// [`ChainError`].
pub async fn listed_feeds(chain: &Chain) -> Result<Vec<ListedFeed>, ChainError> {
    let mut out = Vec::new();
    let groups = Groups::<Runtime>::final_prefix();
    for key in chain.storage_keys(groups.to_vec(), None).await? {
        let group: Option<RiskGroupOf> = chain.storage(key, None).await?;
        for listed in group.map(|group| group.instruments).into_iter().flatten() {
            let instrument = name_of(listed.feed, listed.id);
            let of = |id, what| ListedFeed {
                id,
                instrument: instrument.clone(),
                what,
            };
            out.push(of(listed.feed, "index"));
            out.extend(listed.premium_feed.map(|feed| of(feed, "perpetual")));
        }
    }
    out.sort_by_key(|feed| feed.id);
    Ok(out)
}

/// The feeds that a person means: those of an instrument (`BTC-PERP`), one of them (`BTC-PERP/index`,
/// `BTC-PERP/perpetual`), or the one of a number.
///
/// # Errors
/// [`OracleError::UnknownFeed`].
pub fn feeds_called(listed: &[ListedFeed], name: &str) -> Result<Vec<FeedId>, OracleError> {
    let number: Option<FeedId> = name.parse().ok();
    let means = |feed: &&ListedFeed| {
        number == Some(feed.id)
            || feed.instrument.eq_ignore_ascii_case(name)
            || format!("{}/{}", feed.instrument, feed.what).eq_ignore_ascii_case(name)
    };
    let found: Vec<FeedId> = listed.iter().filter(means).map(|feed| feed.id).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(OracleError::UnknownFeed {
            name: name.into(),
            listed: listed
                .iter()
                .map(|feed| format!("{}/{} ({})", feed.instrument, feed.what, feed.id))
                .collect(),
        }),
    }
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
