//! The flags of the sequencer.

use super::error::Error;
use cloister_engine::FeeRates;
use cloister_ledger::SolvencyShape;
use cloister_prover_local::{Compared, Device};
use cloister_runtime::AccountId;
use cloister_sequencer::{
    keys::{development_seed, read_seed},
    SequencerConfig,
};
use polkadot_sdk::sc_service::{ChainType, Configuration};
use std::{path::PathBuf, time::Duration};

/// How to run the sequencer.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct SequencerOptions {
    /// Run the sequencer of a margin group: take orders, match, prove and settle.
    ///
    /// It rebuilds its ledger from the chain's past, so the node keeps all states unless --state-pruning says
    /// otherwise.
    #[arg(long)]
    pub sequencer: bool,
    /// Margin group of the sequencer.
    #[arg(long, value_name = "GROUP", default_value_t = 1, requires = "sequencer")]
    pub sequencer_group: u32,
    /// File with the sequencer's secret, 64 hexadecimal digits that only the owner can read.
    ///
    /// Traders seal their view keys to it. A development chain has a public one.
    #[arg(long, value_name = "FILE", requires = "sequencer")]
    pub sequencer_secret: Option<PathBuf>,
    /// File with a secret that was in force before; may be given several times.
    ///
    /// Opens that are queued, and keys that the house had, may be sealed to it.
    #[arg(long, value_name = "FILE", requires = "sequencer")]
    pub sequencer_former_secret: Vec<PathBuf>,
    /// File with the proving key.
    ///
    /// A development chain takes public parameters: from the cache, or generated on first use, in
    /// seconds.
    #[arg(long, value_name = "FILE", requires = "sequencer")]
    pub sequencer_proving_key: Option<PathBuf>,
    /// File with the proving key of house re-keys.
    ///
    /// It is needed where the house of the group was never re-keyed, or the sealing key has changed since. A
    /// development chain takes public parameters.
    #[arg(long, value_name = "FILE", requires = "sequencer")]
    pub sequencer_rekey_proving_key: Option<PathBuf>,
    /// File with the proving key of solvency statements of 13 subtrees.
    ///
    /// Without it no solvency rounds are made. A development chain takes public parameters, of 6 subtrees.
    #[arg(long, value_name = "FILE", requires = "sequencer")]
    pub sequencer_solvency_proving_key: Option<PathBuf>,
    /// Prove batches on this NVIDIA card, counted from 0; on the processor if it is left out.
    ///
    /// The program must be built with the feature `cuda`. Where the card fails the processor proves.
    #[arg(long, value_name = "NUMBER", requires = "sequencer")]
    pub sequencer_card: Option<usize>,
    /// How many of a thousand batches the processor proves too, to compare the proofs.
    #[arg(long, value_name = "NUMBER", default_value_t = 10, requires = "sequencer_card",
        value_parser = clap::value_parser!(u16).range(0..=1_000))]
    pub sequencer_compared: u16,
    /// Milliseconds after which an open batch is closed, however few fills it has.
    #[arg(long, value_name = "MS", default_value_t = 5_000, requires = "sequencer")]
    pub sequencer_batch_age: u64,
    /// Fee of the resting order of a fill, in millionths of its price.
    #[arg(long, value_name = "PPM", default_value_t = 100, requires = "sequencer")]
    pub sequencer_maker_fee: u32,
    /// Fee of the incoming order of a fill, in millionths of its price.
    #[arg(long, value_name = "PPM", default_value_t = 500, requires = "sequencer")]
    pub sequencer_taker_fee: u32,
    /// Account that the rewards of the proofs go to; the account that submits the batches if it is left out.
    #[arg(long, value_name = "ADDRESS", requires = "sequencer")]
    pub sequencer_payee: Option<AccountId>,
    /// Pay the collected fees out in every BATCHES-th batch; never if it is left out.
    #[arg(long, value_name = "BATCHES", requires = "sequencer")]
    pub sequencer_sweep_every: Option<u64>,
}

/// Checked options of a node that runs a sequencer.
pub struct Ready {
    /// Configuration of the service.
    pub config: SequencerConfig,
    /// The sequencer's secret.
    pub secret: [u8; 32],
    /// Secrets that were in force before.
    pub former: Vec<[u8; 32]>,
    /// File with the proving key; public parameters without it.
    pub proving_key: Option<PathBuf>,
    /// File with the proving key of house re-keys; public parameters without it, on a development chain.
    pub rekey_proving_key: Option<PathBuf>,
    /// File with the proving key of solvency statements; public parameters without it, on a development chain.
    pub solvency_proving_key: Option<PathBuf>,
    /// What proves batches.
    pub device: Device,
    /// On a chain whose keys are public.
    pub development: bool,
}

impl SequencerOptions {
    /// Reads the files that the flags name and fills in what goes without saying on a development chain. `None` without
    /// `--sequencer`.
    ///
    /// # Errors
    /// [`Error::NoSecret`], [`Error::NoProvingKey`], [`Error::Secret`].
    pub fn ready(&self, node: &Configuration) -> Result<Option<Ready>, Error> {
        if !self.sequencer {
            return Ok(None);
        }
        let development = node.chain_spec.chain_type() == ChainType::Development;
        let secret = match &self.sequencer_secret {
            Some(path) => read_seed(path)?,
            None if development => development_seed(),
            None => return Err(Error::NoSecret),
        };
        if self.sequencer_proving_key.is_none() && !development {
            return Err(Error::NoProvingKey);
        }
        let former = self.sequencer_former_secret.iter().map(|path| read_seed(path));
        let former = former.collect::<Result<_, _>>()?;
        let config = SequencerConfig {
            fees: FeeRates {
                maker: self.sequencer_maker_fee,
                taker: self.sequencer_taker_fee,
            },
            payee: self.sequencer_payee.clone().map(Into::into),
            batch_age: Duration::from_millis(self.sequencer_batch_age),
            sweep_every: self.sequencer_sweep_every,
            solvency: match &self.sequencer_solvency_proving_key {
                Some(_) => Some(SolvencyShape::STANDARD),
                None => development.then_some(SolvencyShape::DEV),
            },
            ..SequencerConfig::new(self.sequencer_group)
        };
        Ok(Some(Ready {
            config,
            secret,
            former,
            proving_key: self.sequencer_proving_key.clone(),
            rekey_proving_key: self.sequencer_rekey_proving_key.clone(),
            solvency_proving_key: self.sequencer_solvency_proving_key.clone(),
            device: self.device(),
            development,
        }))
    }

    fn device(&self) -> Device {
        match self.sequencer_card {
            None => Device::Processor,
            Some(number) => Device::Card {
                number,
                compared: Compared::per_thousand(self.sequencer_compared).unwrap_or(Compared::ALL),
            },
        }
    }
}
