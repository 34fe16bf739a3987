//! Three validators; a fourth joins with keys of its own node and a bond, and one of the three leaves (C-VALIDATORS).

use cloister_client::{
    chain::{Chain, Included, Until},
    oracle::developer,
};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{opaque::SessionKeys, AccountId, Runtime, RuntimeCall};
use cloister_tests::node::alone;
use cloister_zombienet::{
    exchange::until,
    network::Network,
    topology::{NodeSpec, Topology},
};
use codec::Decode;
use jsonrpsee::{core::client::ClientT, rpc_params};
use polkadot_sdk::{
    pallet_collator_selection::Call as Candidates,
    pallet_session::{Call as Session, Validators},
    pallet_sudo::Call as Sudo,
    sp_core::Bytes,
    sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave},
};
use std::time::Duration;

/// Number of blocks that finality must go on for.
const BLOCKS: u32 = 3;
/// Four sessions of a development chain, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(240);

fn topology() -> Topology {
    let mut nodes = [Alice, Bob, Charlie].map(NodeSpec::validator).to_vec();
    // Without a key yet: it makes blocks and votes once the chain names one of its own.
    nodes.push(NodeSpec::full("dave").with(&["--validator"]));
    Topology::new("joins-and-leaves", nodes)
}

async fn send(chain: &Chain, call: impl Into<RuntimeCall>, signer: &OwnerKey) -> Included {
    let sent = chain.submit(call.into(), signer, Until::Final).await;
    sent.expect("it is made")
}

/// Waits until the chain's validators are these, in any order.
async fn validators(chain: &Chain, wanted: &[AccountId]) {
    let mut wanted = wanted.to_vec();
    wanted.sort();
    until("the set of validators", PATIENCE, || async {
        let key = Validators::<Runtime>::hashed_key().to_vec();
        let mut now: Vec<AccountId> = chain.storage(key, None).await.expect("the state").unwrap_or_default();
        now.sort();
        (now == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make zombienet"]
async fn a_validator_should_join_and_another_leave() {
    let _alone = alone().await;
    let mut network = Network::start(&topology()).await;
    let [alice, bob, charlie, dave] = [Alice, Bob, Charlie, Dave].map(|key| key.to_account_id());
    let owner = OwnerKey::from_uri("//Dave").expect("well-formed");
    let chain = network.chain("dave").clone();
    validators(&chain, &[alice.clone(), bob.clone(), charlie.clone()]).await;

    // The node makes the keys and says whose they are; the account sets them and puts up a bond.
    let account: &[u8] = dave.as_ref();
    let made: serde_json::Value = chain
        .rpc()
        .request("author_rotateKeysWithOwner", rpc_params![Bytes(account.to_vec())])
        .await
        .expect("the node makes keys");
    let part = |name: &str| serde_json::from_value::<Bytes>(made[name].clone()).expect("bytes").0;
    let keys = SessionKeys::decode(&mut &part("keys")[..]).expect("the keys of this runtime");
    let proof = part("proof");
    send(&chain, Session::set_keys { keys, proof }, &owner).await;
    send(&chain, Candidates::register_as_candidate {}, &owner).await;
    validators(&chain, &[alice.clone(), bob.clone(), charlie.clone(), dave.clone()]).await;
    let head = network.finalized("alice").await;
    network.final_everywhere(head + BLOCKS).await;

    // One leaves: all of the three that stay must vote, the one that has joined too.
    let remove = Candidates::remove_invulnerable { who: bob };
    let call = Box::new(RuntimeCall::from(remove));
    send(&chain, Sudo::sudo { call }, &developer()).await;
    validators(&chain, &[alice, charlie, dave]).await;
    let head = network.finalized("alice").await;
    network.final_everywhere(head + BLOCKS).await;
    network.stop("bob").await;
    let head = network.finalized("alice").await;
    network.final_everywhere(head + BLOCKS).await;
    network.end().await;
}
