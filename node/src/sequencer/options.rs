//! How to run a sequencer: the flag that asks for one, the file of choices, and what they come to on a chain.

use super::{
    choices::{heading, Choices},
    chosen::Chosen,
    error::Error,
    store::folder,
};
use cloister_prover_local::{Compared, Device};
use cloister_sequencer::{
    entry::EntryConfig,
    keys::{development_seed, read_seed},
    SequencerConfig,
};
use polkadot_sdk::sc_service::Configuration;
use std::path::PathBuf;

/// How to run the sequencer.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct SequencerOptions {
    /// Run the sequencer of a margin group: take orders, match, prove and settle.
    ///
    /// It keeps checkpoints of its ledger beside the node's database. Without a good one it rebuilds the ledger from
    /// the chain's past, so the node keeps all states unless --state-pruning says otherwise. A folder that was made
    /// without them cannot be used for it.
    #[arg(long, help_heading = heading::MAIN)]
    pub sequencer: bool,
    /// Read the choices below from this TOML file; a flag wins.
    ///
    /// Each key is the name of a flag without `--sequencer-`: `group = 1`, `batch-age = "5s"`,
    /// `former-secret = ["old.hex"]`. Relative paths are relative to the file's folder. A key that is not known is
    /// refused.
    #[arg(long, value_name = "FILE", requires = "sequencer", help_heading = heading::MAIN)]
    pub sequencer_config: Option<PathBuf>,
    /// All else that can be chosen.
    #[command(flatten)]
    pub choices: Choices,
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
    pub proving_keys: Vec<PathBuf>,
    /// File with the proving key of house re-keys; public parameters without it, on a development chain.
    pub rekey_proving_key: Option<PathBuf>,
    /// File with the proving key of solvency statements; public parameters without it, on a development chain.
    pub solvency_proving_key: Option<PathBuf>,
    /// What proves batches.
    pub device: Device,
    /// Its own server, if it has one.
    pub entry: Option<EntryConfig>,
    /// On a chain whose keys are public.
    pub development: bool,
}

impl SequencerOptions {
    /// Reads the file of choices. `None` without `--sequencer`.
    ///
    /// # Errors
    /// [`Error::Choice`].
    pub fn chosen(&self) -> Result<Option<Chosen>, Error> {
        if !self.sequencer {
            return Ok(None);
        }
        let chosen = Chosen::read(self.choices.clone(), self.sequencer_config.as_deref())?;
        Ok(Some(chosen))
    }
}

impl Ready {
    /// Reads the files that the choices name and fills in what goes without saying on a development chain, which its
    /// genesis block says that it is.
    ///
    /// # Errors
    /// [`Error::NoSecret`], [`Error::NoProvingKey`], [`Error::Secret`], [`Error::Choice`], [`Error::Folder`].
    pub fn new(chosen: &Chosen, node: &Configuration, development: bool) -> Result<Self, Error> {
        // Before any file of a secret is opened.
        let mut config = chosen.config(development)?;
        let compared = chosen.compared()?;
        let entry = chosen.entry(config.limits)?;
        let secret = match chosen.get(|c| &c.secret) {
            Some(path) => read_seed(&path)?,
            None if development => development_seed(),
            None => return Err(Error::NoSecret),
        };
        let proving_keys = chosen.proving_keys().to_vec();
        if proving_keys.is_empty() && !development {
            return Err(Error::NoProvingKey);
        }
        let former = chosen.former_secrets().iter().map(|path| read_seed(path));
        let of_chain = node.base_path.config_dir(node.chain_spec.id());
        config.folder = Some(folder(&of_chain, config.group)?);
        Ok(Self {
            entry,
            config,
            secret,
            former: former.collect::<Result<_, _>>()?,
            proving_keys,
            rekey_proving_key: chosen.get(|c| &c.rekey_proving_key),
            solvency_proving_key: chosen.get(|c| &c.solvency_proving_key),
            device: device(chosen.get(|c| &c.card), compared),
            development,
        })
    }
}

fn device(card: Option<usize>, compared: u16) -> Device {
    match card {
        None => Device::Processor,
        Some(number) => Device::Card {
            number,
            compared: Compared::per_thousand(compared).unwrap_or(Compared::ALL),
        },
    }
}
