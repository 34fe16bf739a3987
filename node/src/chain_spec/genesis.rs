//! Genesis configurations: the state that they make, what is wrong with one in a sentence, and the keys in it that
//! everybody knows.

use cloister_runtime::{RuntimeGenesisConfig, WASM_BINARY};
use polkadot_sdk::*;
use sc_chain_spec::json_merge;
use sc_service::ChainSpec;
use serde::{de::IgnoredAny, Deserialize};
use serde_json::Value;
use sp_core::{
    bytes::from_hex,
    crypto::Ss58Codec,
    storage::{well_known_keys::CODE, Storage},
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{AccountId32, BuildStorage};
use std::{
    any::Any,
    panic::{self, UnwindSafe},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

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
    built_natively(text).map(drop)
}

/// Checks a configuration of which parts may be missing; these are as the runtime has them by default.
///
/// # Errors
/// [`GenesisError`].
pub fn check(patch: Value) -> Result<(), GenesisError> {
    build(completed(patch)?).map(drop)
}

/// The state that a chain begins with. If its runtime is the one of this binary, the native code of it builds it; the
/// SDK would compile the Wasm for this alone, and once more for a preset, which takes seconds.
///
/// # Errors
/// What the runtime refuses, or why the specification is not one.
pub fn storage(spec: &dyn ChainSpec) -> Result<Storage, String> {
    let native = built_natively(&spec.as_json(false)?).map_err(|error| error.to_string())?;
    match native {
        Some(storage) => Ok(storage),
        None => spec
            .as_storage_builder()
            .build_storage()
            .map_err(|error| without_trace(&error).to_owned()),
    }
}

/// The state of the configuration in a specification; none if that has no configuration, or another runtime.
fn built_natively(specification: &str) -> Result<Option<Storage>, GenesisError> {
    let Ok(File {
        genesis: Genesis::RuntimeGenesis(genesis),
    }) = serde_json::from_str(specification)
    else {
        return Ok(None);
    };
    let (Some(code), Ok(its)) = (WASM_BINARY, from_hex(&genesis.code)) else {
        return Ok(None);
    };
    let whole = match (genesis.config, genesis.patch) {
        _ if its != code => return Ok(None),
        (Some(whole), _) => whole,
        (None, Some(patch)) => completed(patch)?,
        (None, None) => return Ok(None),
    };
    let mut storage = build(whole)?;
    storage.top.insert(CODE.to_vec(), its);
    Ok(Some(storage))
}

/// A configuration with the runtime's defaults where it says nothing.
fn completed(patch: Value) -> Result<Value, GenesisError> {
    let mut whole =
        serde_json::to_value(RuntimeGenesisConfig::default()).map_err(|error| GenesisError::Form(error.to_string()))?;
    json_merge(&mut whole, patch);
    Ok(whole)
}

/// Builds the state, with the runtime as it is compiled into this binary: in Wasm a refusal is a trap.
fn build(whole: Value) -> Result<Storage, GenesisError> {
    let config: RuntimeGenesisConfig =
        serde_json::from_value(whole).map_err(|error| GenesisError::Form(error.to_string()))?;
    // Pallets refuse a configuration by a panic, as they must; it is said once, in words.
    match quietly(|| config.build_storage()) {
        Ok(built) => built.map_err(GenesisError::Refused),
        Err(panic) => Err(GenesisError::Refused(words(&*panic))),
    }
}

/// Does something of which a panic is not told. Other threads' panics are told as ever.
fn quietly<T>(work: impl FnOnce() -> T + UnwindSafe) -> thread::Result<T> {
    // The hook is the whole program's.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _only = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (told, here) = (Arc::new(panic::take_hook()), thread::current().id());
    let of_others = told.clone();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here {
            of_others(info);
        }
    }));
    let done = panic::catch_unwind(work);
    drop(panic::take_hook());
    // Nobody else has it any more, or somebody is in the middle of a panic.
    match Arc::try_unwrap(told) {
        Ok(told) => panic::set_hook(told),
        Err(told) => panic::set_hook(Box::new(move |info| told(info))),
    }
    done
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
