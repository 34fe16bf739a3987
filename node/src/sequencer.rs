//! The sequencer in the node: its flags, its keys, and the chain as it sees it.
//!
//! The service itself is the crate `cloister_sequencer`. Here it gets what only a node has: [`chain`] implements
//! `ChainClient` over the node's own client and transaction pool.

mod alone;
pub mod chain;
mod choices;
mod chosen;
mod context;
mod entry;
mod error;
mod history;
mod index;
mod options;
mod receipts;
mod settings;
mod span;
mod store;
mod submit;

pub use alone::Alarm;
pub use choices::{Choices, ShapeName};
pub use chosen::{ChoiceError, Chosen, Place};
pub use context::{Context, SUBMITTER_KEY};
pub use entry::Origin;
pub use error::Error;
pub use options::{Ready, SequencerOptions};
pub use span::{Span, SpanError};

use chain::NodeChain;
use cloister_journal::{Identity, Store};
use cloister_prover_job::{JobKind, ProverError};
use cloister_prover_local::{Device, LocalProver, Parameters, Progress};
use cloister_sequencer::{Sequencer, SequencerKeys, StartError, Stopper};
use cloister_types::GroupId;
use jsonrpsee::RpcModule;
use polkadot_sdk::*;
use receipts::KeystoreSigner;
use sc_client_api::UsageProvider;
use sp_core::sr25519;
use sp_keystore::KeystorePtr;
use std::{
    future::{pending, Future},
    path::PathBuf,
};

/// Sets the sequencer up: its JSON-RPC, the work that runs until the node stops, and what asks it to stop in order. The
/// work ends only with an error, which it has then written to the log.
///
/// # Errors
/// [`Error`].
pub fn prepare(
    options: Ready,
    context: Context,
) -> Result<(RpcModule<()>, impl Future<Output = ()> + Send, Stopper), Error> {
    let Ready {
        config,
        secret,
        former,
        proving_keys,
        rekey_proving_key,
        solvency_proving_key,
        device,
        entry,
        development,
    } = options;
    let submitter = submitter(&context.keystore, development)?;
    let genesis = context.client.usage_info().chain.genesis_hash;
    let keys = SequencerKeys::new(secret, genesis.0, config.group)?.with_former(&former);
    let registry = context.registry.clone();
    let signer = KeystoreSigner {
        keystore: context.keystore.clone(),
        key: submitter,
    };
    // Opened before anything starts: a journal of another chain or group is not to be found out later.
    let identity = Identity {
        genesis: genesis.0,
        group: GroupId(config.group),
    };
    let folder = config.folder.as_deref();
    let journal = folder.map(|folder| Store::open(folder, &identity)).transpose()?;
    let sequencer = Sequencer::new(config, NodeChain::new(context, submitter), keys);
    let sequencer = match registry {
        Some(registry) => sequencer.with_metrics(&registry)?,
        None => sequencer,
    };
    let sequencer = match journal {
        Some(journal) => sequencer.keeping(journal, signer),
        None => sequencer,
    };
    // With a server of its own, the node's has none of its methods.
    let rpc = match entry {
        None => sequencer.rpc(),
        Some(_) => RpcModule::new(()),
    };
    let stopper = sequencer.stopper();
    let work = async move {
        let _entry = match entry {
            None => None,
            Some(entry) => match sequencer.serve(entry).await {
                Ok(entry) => {
                    log::info!(target: "cloister", "Orders are taken at {}", entry.address());
                    Some(entry)
                }
                Err(error) => return log::error!(target: "cloister", "The sequencer stops: {error}"),
            },
        };
        let load = move |kind| {
            // A re-key of the house is rare and small.
            let (keys, device) = match kind {
                JobKind::HouseRekey => (rekey_proving_key.as_slice(), Device::Processor),
                JobKind::Solvency(_) => (solvency_proving_key.as_slice(), device),
                _ => (proving_keys.as_slice(), device),
            };
            prover(device, kind, keys, development)
        };
        match sequencer.run(load).await {
            Err(error) => report(&error),
            // It was asked to stop, and the node stops behind it. Its server still says so to whoever asks.
            Ok(()) => pending().await,
        }
    };
    Ok((rpc, work, stopper))
}

fn report(error: &StartError) {
    log::error!(target: "cloister", "The sequencer stops: {error}");
}

/// The key that signs batches. A development chain's is made from its public name.
fn submitter(keystore: &KeystorePtr, development: bool) -> Result<sr25519::Public, Error> {
    if let Some(key) = keystore.sr25519_public_keys(SUBMITTER_KEY).first() {
        return Ok(*key);
    }
    if development {
        let uri = cloister_runtime::genesis_presets::SEQUENCER.to_seed();
        return Ok(keystore.sr25519_generate_new(SUBMITTER_KEY, Some(&uri))?);
    }
    Err(Error::NoSubmitter)
}

/// Makes the prover ready: from the key file that is of its circuit, or with the public parameters of development
/// chains, which are generated if this machine does not have them yet. Takes seconds.
fn prover(device: Device, kind: JobKind, keys: &[PathBuf], development: bool) -> Result<LocalProver, ProverError> {
    let mut missing = ProverError::KeyUnavailable {
        reason: format!("a proving key for a {kind} must be named on a chain that is not a development chain"),
    };
    if keys.is_empty() && development {
        return load(device, kind, &Parameters::Development);
    }
    for key in keys {
        match load(device, kind, &Parameters::File(key.clone())) {
            // Another one may be of this circuit.
            Err(error @ ProverError::WrongKey { .. }) => missing = error,
            found => return found,
        }
    }
    Err(missing)
}

fn load(device: Device, kind: JobKind, parameters: &Parameters) -> Result<LocalProver, ProverError> {
    LocalProver::load_on(device, kind, parameters, &mut |step| match step {
        // Once in ten seconds is enough.
        Progress::Generating(since) if since.as_secs() % 10 != 0 => {}
        Progress::Generating(since) => {
            log::info!(target: "cloister", "Generating the development parameters, {} s", since.as_secs());
        }
        Progress::Waiting => {
            log::info!(target: "cloister", "Waiting for another process that makes the development parameters");
        }
        Progress::Writing(path) => log::info!(target: "cloister", "Writing {}", path.display()),
        Progress::Reading(path) => log::info!(target: "cloister", "Reading {}", path.display()),
        Progress::Replacing(reason) => {
            log::warn!(target: "cloister", "The development parameters are made anew: {reason}");
        }
    })
}
