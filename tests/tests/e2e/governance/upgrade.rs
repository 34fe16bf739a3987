//! Code for an upgrade: that of this release, with the number of the next one.

use cloister_client::chain::Chain;
use cloister_runtime::{Hash, VERSION, WASM_BINARY};
use codec::Encode;
use polkadot_sdk::{
    sp_maybe_compressed_blob::{compress_strongly, decompress, CODE_BLOB_BOMB_LIMIT},
    sp_runtime::traits::{BlakeTwo256, Hash as _},
};

/// The number of the next release.
pub const LATER: u32 = VERSION.spec_version + 1;

/// The code, compressed. What nodes read of a runtime is the section `runtime_version` of its WebAssembly; only the
/// number in it is another one.
pub fn later_code() -> Vec<u8> {
    let code = WASM_BINARY.expect("the runtime is built");
    let mut code = decompress(code, CODE_BLOB_BOMB_LIMIT)
        .expect("it is compressed")
        .into_owned();
    let until = |version: u32| {
        let names = (&VERSION.spec_name, &VERSION.impl_name);
        (names, VERSION.authoring_version, version).encode()
    };
    let (now, later) = (until(VERSION.spec_version), until(LATER));
    let places: Vec<usize> = (0..code.len() - now.len())
        .filter(|at| code[*at..].starts_with(&now))
        .collect();
    let [at] = places[..] else {
        panic!("the version is in the code at {places:?}");
    };
    code[at..at + later.len()].copy_from_slice(&later);
    compress_strongly(&code, CODE_BLOB_BOMB_LIMIT).expect("it can be compressed")
}

/// What an upgrade is announced by.
pub fn code_hash(code: &[u8]) -> Hash {
    BlakeTwo256::hash(code)
}

/// The number of what the newest block runs.
pub async fn spec_version(chain: &Chain) -> u32 {
    chain.runtime_version().await.expect("told").spec_version
}
