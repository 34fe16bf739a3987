//! What is looked at before a node starts: its folder, its port, its network key. Each of these would otherwise fail
//! later in words of the database, or not at all.

use crate::{
    chain_spec,
    cli::{Cli, CALLS_PER_BATCH},
    error::StartError,
};
use polkadot_sdk::*;
use sc_cli::CliConfiguration;
use sc_service::{config::RpcBatchRequestConfig, error::Error as ServiceError, Configuration};
use std::{io, net::TcpListener, path::PathBuf};

/// How the state database begins to say that it was made with other pruning.
const OTHER_PRUNING: &str = "Incompatible pruning modes";

/// Lets a validator of a chain whose keys are public make its network key, as a validator of `--dev` does. On other
/// chains a key that is made anew could be a mistake, because the others know a validator by it.
pub fn allow_network_key(cli: &mut Cli) {
    let id = cli.run.is_dev().and_then(|is_dev| cli.run.chain_id(is_dev));
    if id.is_ok_and(|id| chain_spec::is_known(&id)) {
        let key = &mut cli.run.network_params.node_key_params;
        key.unsafe_force_node_key_generation |= key.node_key.is_none() && key.node_key_file.is_none();
    }
}

/// Limits batches of calls, and has the JSON-RPC served on the port that was asked for or not at all: the SDK would
/// take another one and say so in one line of the log, and whatever asks the port that was named would reach another
/// node.
///
/// # Errors
/// [`StartError::PortTaken`], [`StartError::Address`].
pub fn claim_ports(cli: &Cli, config: &mut Configuration) -> Result<(), StartError> {
    let endpoints = config.rpc.addr.iter_mut().flatten();
    for endpoint in endpoints {
        // One that is described says nothing of batches unless it is asked to.
        if matches!(endpoint.batch_config, RpcBatchRequestConfig::Unlimited) {
            endpoint.batch_config = RpcBatchRequestConfig::Limit(CALLS_PER_BATCH);
        }
        // Whoever describes each endpoint says so there.
        if cli.run.rpc_params.experimental_rpc_endpoint.is_empty() {
            endpoint.retry_random_port = false;
        }
        let address = endpoint.listen_addr;
        if endpoint.is_optional || endpoint.retry_random_port || address.port() == 0 {
            continue;
        }
        match TcpListener::bind(address) {
            // It is free again at once.
            Ok(_) => {}
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => return Err(StartError::PortTaken { address }),
            Err(source) => return Err(StartError::Address { address, source }),
        }
    }
    Ok(())
}

/// Refuses to take orders on the node's own RPC where others than this machine reach it: the SDK's server counts the
/// connections of all clients together.
///
/// # Errors
/// [`StartError::OrdersOutside`].
pub fn keep_orders_inside(config: &Configuration) -> Result<(), StartError> {
    let addresses = config.rpc.addr.iter().flatten().map(|endpoint| endpoint.listen_addr);
    match addresses.into_iter().find(|address| !address.ip().is_loopback()) {
        Some(address) => Err(StartError::OrdersOutside { address }),
        None => Ok(()),
    }
}

/// What RocksDB, which is the SDK's default, and ParityDB say of a folder that another process has.
fn is_locked(text: &str) -> bool {
    ["lock file", "Database file is in use"]
        .iter()
        .any(|part| text.contains(part))
}

/// What the database says of another setting of what is kept, in words for whoever starts the node.
pub(crate) fn explain(error: ServiceError, path: Option<PathBuf>, sequencer: bool) -> ServiceError {
    let path = path.unwrap_or_default();
    match &error {
        ServiceError::Client(sp_blockchain::Error::StateDatabase(text)) if text.starts_with(OTHER_PRUNING) => {
            match sequencer {
                true => StartError::Forgetful { path }.into(),
                false => StartError::OtherPruning { path }.into(),
            }
        }
        ServiceError::Client(sp_blockchain::Error::Backend(text)) if is_locked(text) => {
            StartError::FolderInUse { path }.into()
        }
        _ => error,
    }
}
