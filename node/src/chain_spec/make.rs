//! Chains of one's own: `make-chain` writes a specification from a genesis configuration without public keys.

use super::{
    genesis::{self, public_keys, GenesisError},
    properties, ChainSpec, Error,
};
use cloister_runtime::{genesis_presets, WASM_BINARY};
use polkadot_sdk::*;
use sc_service::{ChainType, NoExtension};
use serde_json::Value;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// How many keys are named of those that everybody knows.
const NAMED: usize = 5;

/// Why no specification is made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The standard output cannot be written to.
    #[error("the standard output: {0}")]
    Output(io::Error),
    /// The configuration is no JSON.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where it is not.
        source: serde_json::Error,
    },
    /// Everybody has keys of the chain.
    #[error(
        "{} of its keys are public, so everybody could use them. The first are at {}; put keys of your own there",
        .0.len(),
        .0.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ")
    )]
    PublicKeys(Vec<String>),
    /// The chain would take proofs that anybody can forge.
    #[error("`verifier.development` is true: such a chain takes proofs that anybody can forge, and is --dev")]
    Development,
    /// A part that a chain needs is missing.
    #[error("`{0}` is missing or empty: such a chain would make no block")]
    NoValidators(&'static str),
    /// Keys of a validator without its account, as chains before sessions had them.
    #[error("`{0}.authorities` names keys without an account: name them in `session.keys`, with the account of each")]
    BareAuthorities(&'static str),
    /// The runtime refuses it.
    #[error("the genesis configuration: {0}")]
    Genesis(#[from] GenesisError),
    /// There is no runtime to begin with.
    #[error(transparent)]
    Spec(#[from] Error),
    /// The specification cannot be built.
    #[error("the genesis block cannot be built: {0}")]
    Build(String),
}

/// Write the specification of a chain of your own, without a key that everybody knows.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
In two steps. The template is like the chain `local`, without what is for development; every key and address in it is public and is to be
replaced: validators (`session`, `collatorSelection`), balances, the settlement asset, oracle operators, submitters, fee accounts.

EXAMPLE
  cloister-node make-chain --template > genesis.json
  cloister-node make-chain --genesis genesis.json --name \"My Chain\" --id my_chain --output my-chain.json
  cloister-node --chain my-chain.json --validator")]
pub struct MakeChain {
    /// Print a configuration to begin with.
    #[arg(long, conflicts_with_all = ["genesis", "name", "id", "bootnode", "output"])]
    pub template: bool,
    /// Genesis configuration, JSON.
    #[arg(long, value_name = "FILE", required_unless_present = "template")]
    pub genesis: Option<PathBuf>,
    /// Name of the chain.
    #[arg(long, required_unless_present = "template")]
    pub name: Option<String>,
    /// Identifier of the chain, of which folders are named.
    #[arg(long, required_unless_present = "template", value_parser = identifier)]
    pub id: Option<String>,
    /// Address of a node that others connect to first.
    #[arg(long, value_name = "MULTIADDR")]
    pub bootnode: Vec<sc_network::config::MultiaddrWithPeerId>,
    /// File to write [default: the standard output].
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn identifier(text: &str) -> Result<String, &'static str> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !text.is_empty() && text.chars().all(good) {
        true => Ok(text.to_owned()),
        false => Err("small letters, digits and _ only"),
    }
}

impl MakeChain {
    /// Does what the command line says.
    ///
    /// # Errors
    /// [`MakeError`].
    pub fn run(&self) -> Result<(), MakeError> {
        let (Some(path), Some(name), Some(id)) = (&self.genesis, &self.name, &self.id) else {
            return print(&format!("{:#}", genesis_presets::staging()));
        };
        let text = read(path)?;
        let config = serde_json::from_str(&text).map_err(|source| MakeError::Json {
            path: path.clone(),
            source,
        })?;
        let spec = make(name, id, config, self.bootnode.clone())?;
        // With the state written out, so that every release makes the same first block of it.
        let json = sc_service::ChainSpec::as_json(&spec, true)
            .map_err(|error| MakeError::Build(genesis::without_trace(&error).to_owned()))?;
        match &self.output {
            None => print(&json),
            Some(path) => fs::write(path, json).map_err(|source| MakeError::File {
                path: path.clone(),
                source,
            }),
        }
    }
}

fn read(path: &Path) -> Result<String, MakeError> {
    fs::read_to_string(path).map_err(|source| MakeError::File {
        path: path.to_owned(),
        source,
    })
}

fn print(text: &str) -> Result<(), MakeError> {
    writeln!(io::stdout(), "{text}").map_err(MakeError::Output)
}

/// Lists without which nobody makes blocks: the part, the list, and both as an operator reads them.
const VALIDATORS: [(&str, &str, &str); 2] = [
    ("session", "keys", "session.keys"),
    ("collatorSelection", "invulnerables", "collatorSelection.invulnerables"),
];

/// A specification for a chain whose keys are its operators' own.
///
/// # Errors
/// [`MakeError`], of what can be said without building the genesis block.
pub fn make(
    name: &str,
    id: &str,
    config: Value,
    boot_nodes: Vec<sc_network::config::MultiaddrWithPeerId>,
) -> Result<ChainSpec, MakeError> {
    let public = public_keys(&config);
    if !public.is_empty() {
        return Err(MakeError::PublicKeys(public));
    }
    if config["verifier"]["development"] == true {
        return Err(MakeError::Development);
    }
    for (part, list, name) in VALIDATORS {
        if config[part][list].as_array().is_none_or(Vec::is_empty) {
            return Err(MakeError::NoValidators(name));
        }
    }
    for part in ["aura", "grandpa"] {
        if config[part]["authorities"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
        {
            return Err(MakeError::BareAuthorities(part));
        }
    }
    genesis::check(config.clone())?;
    Ok(
        ChainSpec::builder(WASM_BINARY.ok_or(Error::NoRuntime)?, NoExtension::None)
            .with_name(name)
            .with_id(id)
            .with_chain_type(ChainType::Live)
            .with_protocol_id("cloister")
            .with_boot_nodes(boot_nodes)
            .with_properties(properties())
            .with_genesis_config_patch(config)
            .build(),
    )
}
