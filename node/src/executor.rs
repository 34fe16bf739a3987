//! Runs the Wasm runtime. What it is compiled to is kept on the disk: a node that starts again need not compile it
//! again, which takes more processor time than everything else that a start does.

use cloister_groth16::default_directory;
use polkadot_sdk::*;
use rustix::process::geteuid;
use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_service::{ChainType, Configuration};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{self, Path, PathBuf},
    time::Duration,
};

/// What the runtime may call on the node: the SDK's functions, BLS12-381 for the verification of proofs, and the
/// permutation of hashes.
pub type HostFunctions = (
    sp_io::SubstrateHostFunctions,
    cloister_curve_host::curve_host::HostFunctions,
    cloister_crypto::host::permutation_host::HostFunctions,
);
/// Runs the Wasm runtime.
pub type Executor = WasmExecutor<HostFunctions>;

/// Name of the folder. What is in it was made from the runtimes that chains have, and can be deleted.
const FOLDER: &str = "compiled-runtimes";

/// Where in it `wasmtime` has its files, in a folder for each version of the compiler, and what is in the names of
/// those that it has not finished.
const MODULES: &str = "modules";
const UNFINISHED: &str = ".wip-atomic-write-";
/// How long such a file is left alone: writing one takes milliseconds.
const BEING_WRITTEN: Duration = Duration::from_secs(60);

/// Bits of a folder's mode.
const WRITABLE_BY_ALL: u32 = 0o002;
/// With it nobody can remove or rename what is another user's.
const STICKY: u32 = 0o1000;

/// The executor that the configuration asks for, with what it compiles kept on the disk. Where none of the folders can
/// be written to, every start compiles.
pub(crate) fn executor(config: &Configuration) -> Executor {
    let options = &config.executor;
    let strategy = match options.default_heap_pages {
        None => DEFAULT_HEAP_ALLOC_STRATEGY,
        Some(pages) => HeapAllocStrategy::Static {
            extra_pages: u32::try_from(pages).unwrap_or(u32::MAX),
        },
    };
    let builder = WasmExecutor::<HostFunctions>::builder()
        .with_execution_method(options.wasm_method)
        .with_onchain_heap_alloc_strategy(strategy)
        .with_offchain_heap_alloc_strategy(strategy)
        .with_max_runtime_instances(options.max_runtime_instances)
        .with_runtime_cache_size(options.runtime_cache_size);
    let base = config.base_path.path();
    let folder = match shared(config.chain_spec.chain_type()).map(|cache| folder(&cache)) {
        Some(Ok(folder)) => Ok(folder),
        None | Some(Err(_)) => folder(base),
    };
    match folder {
        Ok(folder) => builder.with_cache_path(folder).build(),
        Err(error) => {
            log::warn!(
                target: "cloister",
                "The compiled runtime is not kept, so every start compiles it: {}: {error}",
                base.display(),
            );
            builder.build()
        }
    }
}

/// Where a chain's compiled runtime is kept for all nodes of the user: beside the development parameters, for chains
/// that use them, because such a chain begins anew all the time, in another base path or in one that does not stay.
/// None for other chains, whose nodes keep it for themselves.
fn shared(chain: ChainType) -> Option<PathBuf> {
    match chain {
        ChainType::Development | ChainType::Local => default_directory().ok(),
        ChainType::Live | ChainType::Custom(_) => None,
    }
}

/// Makes the folder in one of these, for the node's owner alone: whoever can write to it decides what the node runs.
///
/// # Errors
/// Those of the file system; [`io::ErrorKind::PermissionDenied`] if the folder is another user's or a link, or if every
/// user could put another one in its place.
fn folder(parent: &Path) -> io::Result<PathBuf> {
    let denied = |what: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    let folder = path::absolute(parent)?.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let above = fs::metadata(parent)?.permissions().mode();
    if above & WRITABLE_BY_ALL != 0 && above & STICKY == 0 {
        return denied("every user can write there");
    }
    let about = fs::symlink_metadata(&folder)?;
    if !about.is_dir() || about.uid() != geteuid().as_raw() {
        return denied("what is called `compiled-runtimes` there is not a folder of this user");
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    remove_leftovers(&folder);
    Ok(folder)
}

/// Removes what a node was writing when it was killed: while that is there, nothing can be written in its place. What
/// cannot be read or removed is left.
fn remove_leftovers(folder: &Path) {
    let compilers = fs::read_dir(folder.join(MODULES)).into_iter().flatten().flatten();
    let files = compilers.filter_map(|compiler| fs::read_dir(compiler.path()).ok());
    for file in files.flatten().flatten() {
        let name = file.file_name();
        let is_old = file
            .metadata()
            .and_then(|about| about.modified())
            .is_ok_and(|written| written.elapsed().is_ok_and(|age| age > BEING_WRITTEN));
        if is_old && name.to_string_lossy().contains(UNFINISHED) {
            // Another node may have been faster.
            let _ = fs::remove_file(file.path());
        }
    }
}
