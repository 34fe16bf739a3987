//! The sequencer in the node: its flags, its keys, and the chain as it sees it.
//!
//! The service itself is the crate `cloister_sequencer`. Here it gets what only a node has: [`chain`] implements
//! `ChainClient` over the node's own client and transaction pool.

pub mod chain;
mod context;
mod error;
mod history;
mod options;
mod submit;

pub use context::{Context, SUBMITTER_KEY};
pub use error::Error;
pub use options::{Ready, SequencerOptions};

use chain::NodeChain;
use cloister_prover_job::{JobKind, ProverError};
use cloister_prover_local::{Device, LocalProver, Parameters, Progress};
use cloister_sequencer::{Sequencer, SequencerKeys, StartError};
use jsonrpsee::RpcModule;
use polkadot_sdk::*;
use sc_client_api::UsageProvider;
use sp_core::sr25519;
use sp_keystore::KeystorePtr;
use std::{future::Future, path::PathBuf};

/// Sets the sequencer up: its JSON-RPC, and the work that runs until the node stops. The work ends only with an error,
/// which it has then written to the log.
///
/// # Errors
/// [`Error`].
pub fn prepare(options: Ready, context: Context) -> Result<(RpcModule<()>, impl Future<Output = ()> + Send), Error> {
    let Ready {
        config,
        secret,
        former,
        proving_key,
        rekey_proving_key,
        solvency_proving_key,
        device,
        development,
    } = options;
    let submitter = submitter(&context.keystore, development)?;
    let genesis = context.client.usage_info().chain.genesis_hash;
    let keys = SequencerKeys::new(secret, genesis.0, config.group)?.with_former(&former);
    let sequencer = Sequencer::new(config, NodeChain::new(context, submitter), keys);
    let rpc = sequencer.rpc();
    let work = async move {
        let load = move |kind| {
            // A re-key of the house is rare and small.
            let (key, device) = match kind {
                JobKind::HouseRekey => (&rekey_proving_key, Device::Processor),
                JobKind::Solvency(_) => (&solvency_proving_key, device),
                _ => (&proving_key, device),
            };
            prover(device, kind, key.clone(), development)
        };
        if let Err(error) = sequencer.run(load).await {
            report(&error);
        }
    };
    Ok((rpc, work))
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

/// Makes the prover ready: from a key file, or with the public parameters of development chains, which are generated if
/// this machine does not have them yet. Takes seconds.
fn prover(device: Device, kind: JobKind, key: Option<PathBuf>, development: bool) -> Result<LocalProver, ProverError> {
    let parameters = match key {
        Some(path) => Parameters::File(path),
        None if development => Parameters::Development,
        None => {
            let reason = format!("a proving key for a {kind} must be named on a chain that is not a development chain");
            return Err(ProverError::KeyUnavailable { reason });
        }
    };
    LocalProver::load_on(device, kind, &parameters, &mut |step| match step {
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
