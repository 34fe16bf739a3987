//! Four validators, one of which is killed and comes back, and a full node with the sequencer.

use cloister_tests::node::alone;
use cloister_zombienet::{
    exchange::{Exchange, GROUP},
    network::Network,
    topology::{NodeSpec, Topology},
};
use polkadot_sdk::sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave};

/// Number of blocks that finality must go on for.
const BLOCKS: u32 = 3;

fn topology() -> Topology {
    let mut nodes = [Alice, Bob, Charlie].map(NodeSpec::validator).to_vec();
    nodes.push(NodeSpec::validator(Dave).archive());
    nodes.push(NodeSpec::full("exchange").with(&["--sequencer"]));
    Topology::new("killed-validator", nodes)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make zombienet"]
async fn a_validator_that_is_killed_should_come_back_and_nothing_be_lost() {
    let _alone = alone().await;
    let mut network = Network::start(&topology()).await;
    let mut exchange = Exchange::open(network.chain("alice"), network.chain("exchange")).await;
    exchange.settled().await;

    // It dies while a batch is on its way, and the other three go on.
    exchange.trade(10).await;
    let backlog = exchange.settling().await;
    network.kill("dave").await;
    println!("killed with {backlog:?}");
    let first = exchange.settled().await;
    exchange.trade(20).await;
    exchange.settling().await;
    // It comes back while another is.
    network.restart("dave").await;
    let last = exchange.settled().await;
    assert!(last.batch_no > first.batch_no, "{last:?}");

    // It catches up: what was settled meanwhile is final for it, too.
    let number = u32::try_from(last.block).expect("a young chain");
    network.final_everywhere(number).await;
    let agreed = network.agreed(GROUP, number).await;
    assert_eq!((agreed.account_root, agreed.batches), (last.root, last.batch_no + 1));
    let root = exchange
        .should_be_as_acknowledged(network.chain("dave"), agreed.block)
        .await;
    assert_eq!(root, last.root);
    let head = network.finalized("dave").await;
    network.final_everywhere(head + BLOCKS).await;

    // Three of four must vote. Without another one, finality goes on only if it votes, too.
    network.kill("charlie").await;
    let head = network.finalized("alice").await;
    network.final_everywhere(head + BLOCKS).await;
    exchange.trade(30).await;
    let last = exchange.settled().await;
    let number = u32::try_from(last.block).expect("a young chain");
    network.final_everywhere(number).await;
    let agreed = network.agreed(GROUP, number).await;
    exchange
        .should_be_as_acknowledged(network.chain("dave"), agreed.block)
        .await;
    println!("{agreed:?}, {:?}", exchange.acknowledged);
    drop(exchange);
    network.end().await;
}
