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
    sequencer::SequencerClient,
    trader,
};
use cloister_client_core::trader::Trader;
use cloister_runtime::Hash;
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
}

/// A wallet with its account on a chain.
pub(super) struct Session {
    pub(super) wallet: Wallet,
    pub(super) chain: Chain,
    pub(super) sequencer: SequencerClient,
    pub(super) trader: Trader,
}

impl Session {
    pub(super) async fn begin(global: &Global) -> Result<Self, CommandError> {
        let wallet = global.open_wallet()?;
        let chain = global.connect().await?;
        let trader = trader::find(&chain, global.group, wallet.keys()).await?;
        let sequencer = SequencerClient::of(&chain);
        Ok(Self {
            wallet,
            chain,
            sequencer,
            trader,
        })
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
