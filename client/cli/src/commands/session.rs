//! What commands work with: the wallet, the chain, the sequencer.

use super::error::CommandError;
use crate::cli::Global;
use cloister_cli::{
    progress::Progress,
    wallet::{default_directory, Wallet, WalletError},
};
use cloister_client::{
    audit::{audit_batches, BatchAudit},
    chain::{Chain, ChainError},
    sequencer::{Clock, SequencerClient, SequencerError},
    trader,
};
use cloister_client_core::trader::Trader;
use cloister_crypto::stream::Scope;
use cloister_runtime::Hash;
use cloister_sequencer_rpc::types::AccountInfo;
use std::path::PathBuf;

impl Global {
    pub(super) fn directory(&self) -> Result<PathBuf, WalletError> {
        self.keystore.clone().map_or_else(default_directory, Ok)
    }

    pub(super) fn open_wallet(&self) -> Result<Wallet, WalletError> {
        Wallet::open(&self.directory()?, &self.wallet)
    }

    pub(super) async fn connect(&self) -> Result<Chain, ChainError> {
        Chain::connect(&self.node).await
    }

    /// The sequencer: on a server of its own if one is named, else the node's.
    pub(super) async fn sequencer(&self, chain: &Chain) -> Result<SequencerClient, SequencerError> {
        match &self.sequencer {
            Some(url) => SequencerClient::connect(url, chain).await,
            None => Ok(SequencerClient::of(chain)),
        }
    }
}

/// Ids of an account's orders, at rest and waiting.
pub(super) fn alive(account: &AccountInfo) -> Vec<u64> {
    let resting = account.open_orders.iter().map(|order| order.id.get());
    let waiting = account.waiting_orders.iter().map(|order| order.id.get());
    resting.chain(waiting).collect()
}

/// A group of a chain.
pub(super) fn scope_of(chain: &Chain, group: u32) -> Scope {
    Scope {
        genesis: chain.genesis().0,
        group,
    }
}

/// A wallet with its account on a chain.
pub(super) struct Session {
    pub(super) wallet: Wallet,
    pub(super) chain: Chain,
    pub(super) sequencer: SequencerClient,
    pub(super) trader: Trader,
    /// Knows the keys of a re-key too that is asked for and may be taken, so that it reads the account's whole history.
    pub(super) reader: Trader,
}

impl Session {
    /// A session that needs the chain alone.
    pub(super) async fn begin(global: &Global) -> Result<Self, CommandError> {
        let wallet = global.open_wallet()?;
        let chain = global.connect().await?;
        // Whoever leaves because the sequencer is gone must not need it.
        let sequencer = global
            .sequencer(&chain)
            .await
            .unwrap_or_else(|_| SequencerClient::of(&chain));
        Self::of(global, wallet, chain, sequencer).await
    }

    /// A session with the sequencer: before anything is signed it is known to serve the group, and the times of its
    /// clock are those that are signed.
    pub(super) async fn with_sequencer(global: &Global) -> Result<(Self, Clock), CommandError> {
        let wallet = global.open_wallet()?;
        let chain = global.connect().await?;
        let sequencer = global.sequencer(&chain).await?;
        let (_, clock) = sequencer.checked(global.group).await?;
        Ok((Self::of(global, wallet, chain, sequencer).await?, clock))
    }

    async fn of(
        global: &Global,
        mut wallet: Wallet,
        chain: Chain,
        sequencer: SequencerClient,
    ) -> Result<Self, CommandError> {
        let scope = scope_of(&chain, global.group);
        let mut trader = trader::find(&chain, global.group, &wallet.keys_in(&scope)?).await?;
        let mut reader = trader.clone();
        if let Some(keys) = wallet.asked_in(&scope)? {
            reader.keys = keys;
            // A re-key that nobody waited for.
            if sequencer.account(&reader).await.is_ok() {
                wallet.taken(&scope)?;
                trader = reader.clone();
            }
        }
        Ok(Self {
            wallet,
            chain,
            sequencer,
            trader,
            reader,
        })
    }

    /// Takes an id whose slot none of the account's orders has, durably: what is signed with another would overtake
    /// one of them.
    ///
    /// # Errors
    /// The account cannot be asked for; [`WalletError`].
    pub(super) async fn take_id(&mut self) -> Result<u64, CommandError> {
        let account = self.sequencer.account(&self.trader).await?;
        Ok(self.wallet.take_id_beside(&alive(&account))?)
    }

    /// Every batch that is settled in the newest final block, checked.
    pub(super) async fn audited(&self, group: u32, progress: &Progress) -> Result<(Hash, BatchAudit), CommandError> {
        let head = self.chain.finalized().await?;
        progress.say("reading every final block");
        let audit = audit_batches(&self.chain, group, head).await?;
        progress.say(format!(
            "{} settled batches: every proof verifies, the public leaves give the chain's root",
            audit.batches.len()
        ));
        Ok((head, audit))
    }
}
