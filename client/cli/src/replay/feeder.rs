//! Prices for a development chain, fed again and again.

use crate::progress::Progress;
use cloister_client::{
    chain::Chain,
    oracle::{self, OracleError},
};
use cloister_client_core::amount::Decimal;
use cloister_runtime::configs::oracle::FeedId;
use std::time::Duration;
use tokio::sync::watch;

/// How often prices are fed again, so that the chain never calls them stale.
const FEED_EVERY: Duration = Duration::from_secs(20);

/// Feeds the oracle of a development chain for as long as it lives.
#[derive(Debug)]
pub struct Feeder {
    chain: Chain,
    feeds: Vec<FeedId>,
    price: watch::Sender<Decimal>,
    task: tokio::task::JoinHandle<()>,
}

impl Feeder {
    /// Feeds a price now, and again before the chain calls it stale.
    ///
    /// # Errors
    /// The first feeding failed.
    pub async fn start(
        chain: &Chain,
        feeds: Vec<FeedId>,
        price: Decimal,
        progress: Progress,
    ) -> Result<Self, OracleError> {
        oracle::feed(chain, &feeds, &price).await?;
        let (sender, receiver) = watch::channel(price);
        let (again, names) = (chain.clone(), feeds.clone());
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(FEED_EVERY).await;
                let price = *receiver.borrow();
                if let Err(e) = oracle::feed(&again, &names, &price).await {
                    progress.say(format!("feeding the oracle failed and will be tried again: {e}"));
                }
            }
        });
        Ok(Self {
            chain: chain.clone(),
            feeds,
            price: sender,
            task,
        })
    }

    /// Feeds another price from now on.
    ///
    /// # Errors
    /// [`OracleError`].
    pub async fn move_to(&self, price: Decimal) -> Result<(), OracleError> {
        self.price.send_replace(price);
        oracle::feed(&self.chain, &self.feeds, &price).await
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.task.abort();
    }
}
