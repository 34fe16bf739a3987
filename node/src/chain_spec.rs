//! The chains that the node knows by name, and specification files.

use crate::executor::HostFunctions;
use cloister_runtime::{constants::money, WASM_BINARY};
use polkadot_sdk::*;
use sc_service::{ChainType, NoExtension, Properties};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use std::path::PathBuf;

/// Specification of a chain: its genesis block, its boot nodes, its type.
pub type ChainSpec = sc_service::GenericChainSpec<NoExtension, HostFunctions>;

/// Why a specification cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The binary was built with `SKIP_WASM_BUILD`, so it has no code to put into a genesis block.
    #[error("this binary was built without the Wasm runtime; give a specification file with --chain")]
    NoRuntime,
    /// The specification file cannot be read or is not one.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the SDK's reader says.
        reason: String,
    },
}

/// Finds the chain called `id`: `dev` or `development`, `local` (also the default), else a specification file.
///
/// # Errors
/// [`Error::NoRuntime`] for a named chain without code, [`Error::File`] for a file that is not a specification.
pub fn load(id: &str) -> Result<ChainSpec, Error> {
    match id {
        "dev" | "development" => development(),
        "" | "local" | "local_testnet" => local(),
        path => {
            let path = PathBuf::from(path);
            ChainSpec::from_json_file(path.clone()).map_err(|reason| Error::File { path, reason })
        }
    }
}

/// One validator on one machine, with a sudo key.
///
/// # Errors
/// [`Error::NoRuntime`].
pub fn development() -> Result<ChainSpec, Error> {
    named(
        "Cloister Development",
        "cloister_dev",
        ChainType::Development,
        DEV_RUNTIME_PRESET,
    )
}

/// Two validators on one machine.
///
/// # Errors
/// [`Error::NoRuntime`].
pub fn local() -> Result<ChainSpec, Error> {
    named(
        "Cloister Local",
        "cloister_local",
        ChainType::Local,
        LOCAL_TESTNET_RUNTIME_PRESET,
    )
}

fn named(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, Error> {
    Ok(
        ChainSpec::builder(WASM_BINARY.ok_or(Error::NoRuntime)?, NoExtension::None)
            .with_name(name)
            .with_id(id)
            .with_chain_type(chain_type)
            .with_protocol_id("cloister")
            .with_properties(properties())
            .with_genesis_config_preset_name(preset)
            .build(),
    )
}

/// What wallets show.
fn properties() -> Properties {
    let mut properties = Properties::new();
    properties.insert(
        "ss58Format".into(),
        cloister_runtime::configs::system::SS58Prefix::get().into(),
    );
    properties.insert("tokenSymbol".into(), money::SYMBOL.into());
    properties.insert("tokenDecimals".into(), money::DECIMALS.into());
    properties
}
