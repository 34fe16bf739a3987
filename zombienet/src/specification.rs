//! The chain of a network: the development chain, with the network's own validators.

use crate::topology::Topology;
use cloister_tests::node::binary;
use polkadot_sdk::{
    sp_core::{crypto::Ss58Codec, ed25519, Pair},
    sp_keyring::Sr25519Keyring,
};
use serde_json::{json, Value};
use std::path::Path;
use tokio::process::Command;

/// Runs a sub-command of the node that ends by itself; returns what it says on the standard error.
///
/// # Panics
/// It fails.
pub async fn node_command(arguments: &[&str]) -> String {
    let output = Command::new(binary()).args(arguments).output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cloister-node {arguments:?}: {said}");
    said
}

/// The SS58 address of the key that a validator votes with.
fn voter(key: Sr25519Keyring) -> String {
    let pair = ed25519::Pair::from_string(&key.to_seed(), None).expect("the seed is well-formed");
    pair.public().to_ss58check()
}

/// Replaces the validators of a specification, and the terms if the network has some of its own.
fn adapt(specification: &mut Value, topology: &Topology) {
    specification["id"] = json!(format!("cloister_{}", topology.name));
    let genesis = &mut specification["genesis"]["runtimeGenesis"]["patch"];
    let addresses = || {
        topology
            .authorities()
            .map(|key| (key.public().to_ss58check(), voter(key)))
    };
    genesis["session"]["keys"] = addresses()
        .map(|(account, voter)| json!([account, account, { "aura": account, "grandpa": voter }]))
        .collect();
    genesis["collatorSelection"]["invulnerables"] = addresses().map(|(account, _)| json!(account)).collect();
    if let Some((round_age, freeze_after)) = topology.solvency_terms {
        genesis["execution"]["solvencyTerms"] = json!([round_age, freeze_after]);
    }
    if let Some((operators, price_age)) = &topology.oracle {
        let members = operators.iter().map(|key| json!(key.public().to_ss58check()));
        genesis["oracleOperators"]["members"] = members.collect();
        let groups = genesis["risk"]["groups"].as_array_mut().expect("it has groups");
        for group in groups {
            let age = &mut group["params"]["maxPriceAge"];
            assert!(age.is_number(), "the parameter has another name");
            *age = json!(price_age);
        }
    }
}

/// Writes the specification of a network's chain to a file.
///
/// # Panics
/// The node writes none, or the file cannot be written.
pub async fn write(topology: &Topology, path: &Path) {
    let name = path.to_str().expect("a path in UTF-8");
    node_command(&["export-chain-spec", "--chain", "dev", "--output", name]).await;
    let text = std::fs::read(path).expect("the node has written it");
    let mut specification: Value = serde_json::from_slice(&text).expect("it is JSON");
    adapt(&mut specification, topology);
    std::fs::write(path, specification.to_string()).expect("it can be written");
}
