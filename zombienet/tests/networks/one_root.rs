//! Two validators, and a full node with the sequencer.

use cloister_tests::node::alone;
use cloister_zombienet::{
    exchange::{Exchange, GROUP},
    network::Network,
    topology::{NodeSpec, Topology},
};
use polkadot_sdk::sp_keyring::Sr25519Keyring::{Alice, Bob};

fn topology() -> Topology {
    let exchange = NodeSpec::full("exchange").with(&["--sequencer"]);
    let nodes = vec![NodeSpec::validator(Alice), NodeSpec::validator(Bob).archive(), exchange];
    Topology::new("one-root", nodes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_batch_should_be_final_with_one_root_on_every_node() {
    let _alone = alone().await;
    let mut network = Network::start(&topology()).await;
    let mut exchange = Exchange::open(network.chain("alice"), network.chain("exchange")).await;
    exchange.trade(10).await;
    let last = exchange.settled().await;
    let number = u32::try_from(last.block).expect("a young chain");
    network.final_everywhere(number).await;
    let agreed = network.agreed(GROUP, number).await;
    assert_eq!((agreed.account_root, agreed.batches), (last.root, last.batch_no + 1));
    // A validator that neither trader nor sequencer talks to has all of it.
    let root = exchange
        .should_be_as_acknowledged(network.chain("bob"), agreed.block)
        .await;
    assert_eq!(root, last.root);
    println!("{agreed:?}");
    drop(exchange);
    network.end().await;
}
