//! The chains that the node knows by name.

use cloister_node::chain_spec::{self, Error};
use polkadot_sdk::{sc_service::ChainSpec, sp_core::storage::well_known_keys::CODE, sp_runtime::BuildStorage};
use std::path::PathBuf;

#[test]
fn named_chains_should_build_their_genesis_state_with_the_wasm_runtime() {
    for name in ["dev", "development", "", "local", "local_testnet"] {
        let spec = chain_spec::load(name).expect("the chain is known");
        let storage = spec.build_storage().expect("the preset is good");
        assert_eq!(storage.top.get(CODE).map(Vec::as_slice), cloister_runtime::WASM_BINARY);
    }
}

#[test]
fn the_development_chain_should_say_that_it_is_one() {
    let spec = chain_spec::development().expect("the binary has the runtime");
    assert_eq!(spec.id(), "cloister_dev");
    assert_eq!(spec.chain_type(), polkadot_sdk::sc_service::ChainType::Development);
    let spec = chain_spec::local().expect("the binary has the runtime");
    assert_eq!(spec.chain_type(), polkadot_sdk::sc_service::ChainType::Local);
}

#[test]
fn an_exported_specification_should_make_the_same_genesis_state() {
    let spec = chain_spec::development().expect("the binary has the runtime");
    let path = std::env::temp_dir().join(format!("cloister-spec-{}.json", std::process::id()));
    let json = spec.as_json(true).expect("the specification is JSON");
    std::fs::write(&path, json).expect("the directory is writable");
    let read = chain_spec::load(&path.to_string_lossy()).expect("the file is a specification");
    // The state is read from the file only now.
    let state = read.build_storage();
    std::fs::remove_file(&path).expect("the file is there");
    let built = spec.build_storage().expect("it has a state");
    assert_eq!(state.expect("the file has a state").top, built.top);
}

#[test]
fn an_unknown_chain_should_be_refused_as_a_file_that_is_not_there() {
    match chain_spec::load("no-such-chain") {
        Err(Error::File { path, .. }) => assert_eq!(path, PathBuf::from("no-such-chain")),
        Err(other) => panic!("wrong error: {other}"),
        Ok(_) => panic!("there is such a chain"),
    }
}
