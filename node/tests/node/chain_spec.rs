//! The chains that the node knows by name.

use cloister_node::chain_spec::{
    self,
    genesis::{self, GenesisError},
    make::{make, MakeError},
    ChainSpec, Error,
};
use cloister_runtime::RuntimeGenesisConfig;
use polkadot_sdk::{
    sc_chain_spec::json_merge,
    sc_service::{ChainSpec as _, NoExtension},
    sp_core::{
        crypto::Ss58Codec,
        storage::{well_known_keys::CODE, Storage},
    },
    sp_keyring::Sr25519Keyring,
    sp_runtime::{AccountId32, BuildStorage},
};
use serde_json::{json, Value};
use std::{collections::BTreeMap, path::PathBuf};

/// The runtime of this binary.
fn own_code() -> &'static [u8] {
    cloister_runtime::WASM_BINARY.expect("the binary has the runtime")
}

/// The state that a chain begins with, from native code; it must be the one that the chain's Wasm makes.
fn state(spec: &ChainSpec) -> Storage {
    let native = genesis::storage(spec).expect("the configuration is good");
    assert_eq!(native.top.get(CODE).map(Vec::as_slice), Some(own_code()));
    let wasm = spec.build_storage().expect("the configuration is good");
    assert!(native.top == wasm.top, "{}: another state in Wasm", spec.id());
    assert!(native.children_default.is_empty() && wasm.children_default.is_empty());
    native
}

#[test]
fn named_chains_should_begin_with_the_state_that_their_runtime_makes_in_wasm() {
    for name in ["dev", "local"] {
        state(&chain_spec::load(name).expect("the chain is known"));
    }
    for (name, same) in [("development", "dev"), ("local_testnet", "local")] {
        let [spec, same] = [name, same].map(|name| chain_spec::load(name).expect("the chain is known"));
        assert_eq!(spec.as_json(false), same.as_json(false));
    }
}

#[test]
fn a_chain_with_another_runtime_should_begin_with_the_state_that_that_one_makes() {
    let spec = chain_spec::development().expect("the binary has the runtime");
    let mut json: Value = serde_json::from_str(&spec.as_json(false).expect("JSON")).expect("JSON");
    // An empty module: there is nothing in it that makes a state.
    json["genesis"]["runtimeGenesis"]["code"] = "0x0061736d01000000".into();
    let other = ChainSpec::from_json_bytes(json.to_string().into_bytes()).expect("a specification");
    genesis::storage(&other).expect_err("the state is made by the runtime of this binary");
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
    let state = genesis::storage(&read);
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

#[test]
fn no_chain_should_be_taken_unasked() {
    let said = match chain_spec::load("") {
        Err(error @ Error::NoChain) => error.to_string(),
        _ => panic!("a chain is taken unasked"),
    };
    for part in ["--dev", "--chain local", "--chain FILE", "make-chain"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for id in ["staging", "testnet", "mainnet"] {
        assert!(matches!(chain_spec::load(id), Err(Error::OwnKeys(name)) if name == id));
    }
}

/// The template of `make-chain`, with every public key replaced by another one.
fn with_own_keys() -> Value {
    let mut config = cloister_runtime::genesis_presets::staging();
    // The same for the same one: a validator's account has keys, a place and money.
    let mut replaced = BTreeMap::new();
    for path in genesis::public_keys(&config) {
        let pointer = format!("/{}", path.replace('.', "/"));
        let place = config.pointer_mut(&pointer).expect("it is there");
        let next = replaced.len() as u8 + 2;
        let own = replaced
            .entry(place.as_str().expect("an address").to_owned())
            .or_insert_with(|| AccountId32::new([next; 32]).to_ss58check());
        *place = own.clone().into();
    }
    config
}

#[test]
fn a_chain_of_ones_own_should_have_no_public_key() {
    let template = cloister_runtime::genesis_presets::staging();
    let Err(MakeError::PublicKeys(found)) = make("Mine", "mine", template, Vec::new()) else {
        panic!("public keys are taken");
    };
    for part in [
        "session",
        "collatorSelection",
        "balances",
        "assets",
        "oracleOperators",
        "sequencers",
        "execution",
    ] {
        assert!(found.iter().any(|path| path.starts_with(part)), "{part}: {found:?}");
    }
    let own = with_own_keys();
    assert_eq!(genesis::public_keys(&own), Vec::<String>::new());
    let mine = make("Mine", "mine", own.clone(), Vec::new()).expect("nothing is wrong with it");
    // A file may have the whole configuration, and not only what differs from the defaults.
    let mut whole = serde_json::to_value(RuntimeGenesisConfig::default()).expect("JSON");
    json_merge(&mut whole, own.clone());
    let same = ChainSpec::builder(own_code(), NoExtension::None).with_genesis_config(whole);
    assert!(state(&mine).top == state(&same.build()).top);
    // Bytes are recognised as well.
    let alice = format!("0x{}", hex(&Sr25519Keyring::Alice.to_raw_public()));
    assert_eq!(genesis::public_keys(&json!([{ "a": alice }])), ["0.a"]);

    let mut forged = own.clone();
    forged["verifier"]["development"] = true.into();
    assert!(matches!(
        make("Mine", "mine", forged, Vec::new()),
        Err(MakeError::Development)
    ));
    let mut still = own.clone();
    still["session"]["keys"] = json!([]);
    assert!(matches!(
        make("Mine", "mine", still, Vec::new()),
        Err(MakeError::NoValidators("session.keys"))
    ));
    let mut empty = own.clone();
    empty["collatorSelection"]["invulnerables"] = json!([]);
    assert!(matches!(
        make("Mine", "mine", empty, Vec::new()),
        Err(MakeError::NoValidators("collatorSelection.invulnerables"))
    ));
    // As chains before sessions had them.
    let mut bare = own.clone();
    bare["aura"]["authorities"] = json!([AccountId32::new([77; 32]).to_ss58check()]);
    assert!(matches!(
        make("Mine", "mine", bare, Vec::new()),
        Err(MakeError::BareAuthorities("aura"))
    ));
    // Keys for an account that has no place.
    let mut without = own.clone();
    without["collatorSelection"]["invulnerables"]
        .as_array_mut()
        .expect("a list")
        .pop();
    match make("Mine", "mine", without, Vec::new()) {
        Err(MakeError::Genesis(GenesisError::Refused(reason))) => {
            assert!(
                reason.contains("`session.keys` names an account that is not in"),
                "{reason}"
            );
        }
        other => panic!("{:?}", other.map(drop)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_genesis_configuration_out_of_bounds_should_be_refused_in_a_sentence() {
    let good = cloister_runtime::genesis_presets::staging();
    assert_eq!(genesis::check(good.clone()), Ok(()));
    let mut wrong = good.clone();
    wrong["risk"]["groups"][0]["params"]["maxPriceAge"] = 0.into();
    wrong["risk"]["groups"][0]["params"]["max_price_age"] = 0.into();
    let Err(error) = genesis::check(wrong) else {
        panic!("it is taken");
    };
    assert!(error.to_string().lines().count() == 1, "{error}");

    let mut out_of_bounds = good.clone();
    let initial = &mut out_of_bounds["risk"]["groups"][0]["params"]["initial"];
    assert!(initial.is_u64());
    *initial = 1.into();
    match genesis::check(out_of_bounds.clone()) {
        Err(GenesisError::Refused(reason)) => assert!(reason.contains("in its bounds"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let mut unknown = good;
    unknown["risk"]["grops"] = 1.into();
    match genesis::check(unknown) {
        Err(GenesisError::Form(reason)) => assert!(reason.contains("grops"), "{reason}"),
        other => panic!("{other:?}"),
    }

    // The same in a file, for the runtime of this binary; another runtime may have other bounds.
    let code = |code: &[u8]| format!("0x{}", hex(code));
    let file = |code: String| {
        let genesis = json!({ "runtimeGenesis": { "code": code, "patch": out_of_bounds } });
        json!({ "name": "Mine", "genesis": genesis }).to_string()
    };
    let own = code(own_code());
    assert!(matches!(genesis::check_file(&file(own)), Err(GenesisError::Refused(_))));
    assert_eq!(genesis::check_file(&file(code(&[1, 2, 3]))), Ok(()));
    assert_eq!(genesis::check_file("no specification"), Ok(()));
}
