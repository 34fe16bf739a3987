//! Genesis configurations: whether a chain can begin with one, said in a sentence, and the keys in it that everybody
//! knows.

use cloister_runtime::{RuntimeGenesisConfig, WASM_BINARY};
use polkadot_sdk::*;
use sc_chain_spec::json_merge;
use serde::{de::IgnoredAny, Deserialize};
use serde_json::Value;
use sp_core::{bytes::from_hex, crypto::Ss58Codec};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{AccountId32, BuildStorage};
use std::{any::Any, panic};

/// Begins the SDK's account of where Wasm code stopped; nobody but a developer of the runtime wants it.
const TRACE: &str = "WASM backtrace";

/// What is wrong with a genesis configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A part of it is not what the runtime's configuration has there.
    #[error("it is not a configuration of this runtime: {0}")]
    Form(String),
    /// The runtime refuses a value.
    #[error("the runtime refuses it: {0}")]
    Refused(String),
}

/// The part of a specification file that matters here; a state that is written out is passed over.
#[derive(Deserialize)]
struct File {
    genesis: Genesis,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Genesis {
    RuntimeGenesis(RuntimeGenesis),
    Raw(IgnoredAny),
    StateRootHash(IgnoredAny),
}

#[derive(Deserialize)]
struct RuntimeGenesis {
    code: String,
    patch: Option<Value>,
    config: Option<Value>,
}

/// Checks the configuration in the text of a specification file, if it has one and it is for the runtime of this
/// binary. What is not a specification is for others to refuse.
///
/// # Errors
/// [`GenesisError`].
pub fn check_file(text: &str) -> Result<(), GenesisError> {
    let Ok(File {
        genesis: Genesis::RuntimeGenesis(genesis),
    }) = serde_json::from_str(text)
    else {
        return Ok(());
    };
    if from_hex(&genesis.code).ok().as_deref() != WASM_BINARY {
        return Ok(());
    }
    match (genesis.config, genesis.patch) {
        (Some(whole), _) => build(whole),
        (None, Some(patch)) => check(patch),
        (None, None) => Ok(()),
    }
}

/// Checks a configuration of which parts may be missing; these are as the runtime has them by default.
///
/// # Errors
/// [`GenesisError`].
pub fn check(patch: Value) -> Result<(), GenesisError> {
    let form = |error: serde_json::Error| GenesisError::Form(error.to_string());
    let mut whole = serde_json::to_value(RuntimeGenesisConfig::default()).map_err(form)?;
    json_merge(&mut whole, patch);
    build(whole)
}

/// Builds the state, with the runtime as it is compiled into this binary: in Wasm a refusal is a trap.
fn build(whole: Value) -> Result<(), GenesisError> {
    let config: RuntimeGenesisConfig =
        serde_json::from_value(whole).map_err(|error| GenesisError::Form(error.to_string()))?;
    // Pallets refuse a configuration by a panic, as they must; it is said once, in words.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(|| config.build_storage());
    panic::set_hook(hook);
    match built {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(reason)) => Err(GenesisError::Refused(reason)),
        Err(panic) => Err(GenesisError::Refused(words(&*panic))),
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it does not say why").to_owned()
}

/// An error of the SDK without the account of where Wasm code stopped.
pub(crate) fn without_trace(error: &str) -> &str {
    error.split(TRACE).next().unwrap_or(error).trim_end()
}

/// Where in a configuration keys are that everybody knows, as paths such as `session.keys.0.2.aura`.
pub fn public_keys(config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    search(config, String::new(), &mut found);
    found
}

fn search(value: &Value, path: String, found: &mut Vec<String>) {
    let below = |part: &str| match path.as_str() {
        "" => part.to_owned(),
        path => format!("{path}.{part}"),
    };
    match value {
        Value::String(text) if is_public(text) => found.push(path),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                search(item, below(&number.to_string()), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                search(field, below(name), found);
            }
        }
        _ => {}
    }
}

/// Whether a text is an address, or the bytes, of a key of the development phrase.
fn is_public(text: &str) -> bool {
    let of_address = || AccountId32::from_ss58check(text).ok();
    let of_bytes = || AccountId32::try_from(from_hex(text).ok()?.as_slice()).ok();
    let Some(key) = of_address().or_else(of_bytes) else {
        return false;
    };
    let key: &[u8; 32] = key.as_ref();
    Sr25519Keyring::iter().any(|known| known.to_raw_public() == *key)
        || Ed25519Keyring::iter().any(|known| known.to_raw_public() == *key)
}
