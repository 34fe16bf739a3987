//! The chains that the node knows by name, and specification files.

pub mod genesis;
pub mod make;

use crate::executor::HostFunctions;
use cloister_runtime::{constants::money, genesis_presets, WASM_BINARY};
use polkadot_sdk::*;
use sc_service::{ChainType, NoExtension, Properties};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// Specification of a chain: its genesis block, its boot nodes, its type.
pub type ChainSpec = sc_service::GenericChainSpec<NoExtension, HostFunctions>;

/// Why a specification cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The binary was built with `SKIP_WASM_BUILD`, so it has no code to put into a genesis block.
    #[error("this binary was built without the Wasm runtime; give a specification file with --chain")]
    NoRuntime,
    /// No chain is asked for. The keys of those that are known by name are public, so none is taken unasked.
    #[error(
        "name a chain: --dev is a chain of this node alone, to try things out; --chain local is a network of several nodes \
         on one machine; --chain FILE is any other, by its specification. The keys of the first two are public. \
         `make-chain` writes a specification with keys of your own"
    )]
    NoChain,
    /// There is no chain of this name, because its keys are somebody's own.
    #[error(
        "there is no chain `{0}` in this program: a chain for more than one machine has keys of its own. Write its \
         specification with `make-chain`, and name the file with --chain"
    )]
    OwnKeys(String),
    /// The first block of the specification cannot be.
    #[error("{}: the genesis configuration: {reason}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: genesis::GenesisError,
    },
    /// The specification file cannot be read or is not one.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the SDK's reader says.
        reason: String,
    },
}

/// Finds the chain called `id`: `dev` or `development`, `local`, else a specification file.
///
/// # Errors
/// [`Error::NoRuntime`] for a named chain without code, [`Error::NoChain`] without a name, [`Error::OwnKeys`] for the
/// names that elsewhere are chains with public keys, [`Error::File`] for a file that is not a specification,
/// [`Error::Genesis`] for one whose genesis configuration the runtime refuses.
pub fn load(id: &str) -> Result<ChainSpec, Error> {
    match id {
        "dev" | "development" => development(),
        "local" | "local_testnet" => local(),
        "" => Err(Error::NoChain),
        "staging" | "testnet" | "mainnet" => Err(Error::OwnKeys(id.into())),
        path => {
            let path = PathBuf::from(path);
            // Whatever cannot be read is reported by the SDK's reader.
            let text = fs::read_to_string(&path).unwrap_or_default();
            genesis::check_file(&text).map_err(|reason| Error::Genesis {
                path: path.clone(),
                reason,
            })?;
            ChainSpec::from_json_file(path.clone()).map_err(|reason| Error::File { path, reason })
        }
    }
}

/// Whether `id` is a chain that is known by name. The keys of all of them are public.
pub fn is_known(id: &str) -> bool {
    matches!(id, "dev" | "development" | "local" | "local_testnet")
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
        genesis_presets::development(),
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
        genesis_presets::local(),
    )
}

fn named(name: &str, id: &str, chain_type: ChainType, preset: Value) -> Result<ChainSpec, Error> {
    Ok(
        ChainSpec::builder(WASM_BINARY.ok_or(Error::NoRuntime)?, NoExtension::None)
            .with_name(name)
            .with_id(id)
            .with_chain_type(chain_type)
            .with_protocol_id("cloister")
            .with_properties(properties())
            .with_genesis_config_patch(preset)
            .build(),
    )
}

/// What wallets show.
pub(crate) fn properties() -> Properties {
    let mut properties = Properties::new();
    properties.insert(
        "ss58Format".into(),
        cloister_runtime::configs::system::SS58Prefix::get().into(),
    );
    properties.insert("tokenSymbol".into(), money::SYMBOL.into());
    properties.insert("tokenDecimals".into(), money::DECIMALS.into());
    properties
}
