//! An operator of the oracle, where there are several.

use cloister_client::{chain::Chain, oracle::feed_as};
use cloister_client_core::{amount::Decimal, owner::OwnerKey};
use cloister_runtime::configs::oracle::FeedId;
use polkadot_sdk::sp_keyring::Sr25519Keyring;
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

/// How often an operator feeds.
const EVERY: Duration = Duration::from_secs(5);

/// Feeds what it is told to, again and again, until this is dropped.
pub struct Operator {
    says: watch::Sender<Option<Decimal>>,
    task: JoinHandle<()>,
}

impl Operator {
    /// Begins to feed a price to feeds.
    ///
    /// # Panics
    /// The key's URI is malformed.
    pub fn start(chain: &Chain, key: Sr25519Keyring, feeds: &[FeedId], price: Decimal) -> Self {
        let (says, mut said) = watch::channel(Some(price));
        let owner = OwnerKey::from_uri(&key.to_seed()).expect("the URI is well-formed");
        let (chain, feeds) = (chain.clone(), feeds.to_vec());
        let task = tokio::spawn(async move {
            loop {
                let price = *said.borrow_and_update();
                if let Some(price) = price {
                    let prices: Vec<_> = feeds.iter().map(|feed| (*feed, price)).collect();
                    if let Err(error) = feed_as(&chain, &owner, &prices).await {
                        eprintln!("{key} feeds again: {error}");
                    }
                }
                // Another price goes out at once. Nobody is there any more: then the task is gone, too.
                let _ = timeout(EVERY, said.changed()).await;
            }
        });
        Self { says, task }
    }

    /// Feeds another price from now on.
    pub fn says(&self, price: Decimal) {
        self.says.send_replace(Some(price));
    }

    /// Feeds nothing from now on.
    pub fn is_silent(&self) {
        self.says.send_replace(None);
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
