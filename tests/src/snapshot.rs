//! Everything a refused call must leave as it was.

use cloister_client::{
    audit::AssetHoldings,
    chain::{Chain, ChainError},
};
use cloister_runtime::{AccountId, Hash};

/// The exchange's state in one block.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Root, house, batch number, queue.
    pub state: String,
    /// Queue items.
    pub queue: String,
    /// Where the settlement asset is.
    pub money: AssetHoldings,
    /// Balances of some accounts, 10^-6.
    pub balances: Vec<u128>,
}

impl Snapshot {
    /// Reads a block, the best one if none is named.
    ///
    /// # Errors
    /// The node cannot be asked.
    pub async fn take(chain: &Chain, group: u32, owners: &[AccountId], at: Option<Hash>) -> Result<Self, ChainError> {
        let block = match at {
            Some(block) => block,
            None => chain.header(None).await?.hash(),
        };
        let state = chain.group_state(group, Some(block)).await?;
        let mut balances = Vec::new();
        for owner in owners {
            balances.push(chain.asset_balance(state.asset, owner, Some(block)).await?);
        }
        Ok(Self {
            state: format!("{state:?}"),
            queue: format!("{:?}", chain.queue(group, Some(block)).await?),
            money: AssetHoldings::at(chain, group, block).await?,
            balances,
        })
    }
}
