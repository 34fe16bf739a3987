//! Two validators, and the full node with the sequencer, which stops for good.

use cloister_client::{
    chain::{Chain, Until},
    trader::{self, now},
};
use cloister_client_core::trader::Trader;
use cloister_tests::{
    leaving::{balance, claims_are_over, freeze_when_due, refusal, vault_should_be_empty, Wallet},
    node::alone,
};
use cloister_zombienet::{
    exchange::{until, wallet_of, Exchange, GROUP},
    network::Network,
    topology::{NodeSpec, Topology},
};
use futures::future::join_all;
use pallet_cloister_execution::Error;
use polkadot_sdk::sp_keyring::Sr25519Keyring::{Alice, Bob};
use std::time::{Duration, Instant};

/// Longest age of a round, and the time without one after which anyone freezes the group, milliseconds.
const TERMS: (u64, u64) = (60_000, 120_000);
/// A deposit that nobody takes any more: 1 of the settlement asset.
const LATE: u64 = 1_000_000;
/// How long a solvency round may take: the sequencer makes the development parameters on first use.
const ROUND: Duration = Duration::from_secs(900);

fn topology() -> Topology {
    // Without fees nothing is left that is not a trader's.
    let free = [
        "--sequencer",
        "--sequencer-maker-fee",
        "0",
        "--sequencer-taker-fee",
        "0",
    ];
    let exchange = NodeSpec::full("exchange").with(&free);
    // Nobody needs the states of the past to leave: this one keeps those of the last minute.
    let bob = NodeSpec::validator(Bob).with(&["--state-pruning", "30"]);
    let nodes = vec![NodeSpec::validator(Alice), bob, exchange];
    Topology {
        solvency_terms: Some(TERMS),
        ..Topology::new("without-sequencer", nodes)
    }
}

async fn freeze_is_not_due(chain: &Chain, stranger: &Trader) {
    let refused = trader::freeze(chain, GROUP, &stranger.keys, Until::InBlock).await;
    assert_eq!(refusal(&refused.expect_err("too early")), Some(Error::FreezeNotDue));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make zombienet"]
async fn every_trader_should_leave_to_the_last_unit_without_the_sequencer() {
    let _alone = alone().await;
    let mut network = Network::start(&topology()).await;
    // All that the traders do on the chain they do by a validator.
    let chain = network.chain("alice").clone();
    let mut exchange = Exchange::open(&chain, network.chain("exchange")).await;
    exchange.trade(10).await;
    let last = exchange.settled().await;
    let sequencer = exchange.sequencer.clone();
    let round = || async {
        let rounds = sequencer
            .status()
            .await
            .expect("it answers")
            .rounds
            .expect("it makes rounds");
        (rounds.complete > 0).then_some(())
    };
    until("a solvency round is complete", ROUND, round).await;
    // As long as it works nobody can freeze the group.
    freeze_is_not_due(&chain, &exchange.traders[1]).await;
    let group = exchange.settled().await;
    assert_eq!(group.batch_no, last.batch_no);

    let stopped = (now(), Instant::now());
    network.stop("exchange").await;
    let traders = exchange.traders.clone();
    let mut owned = Vec::new();
    for trader in &traders {
        owned.push(balance(&chain, trader).await);
    }
    // What is paid in now is taken by nobody.
    let fee = chain.queue_fee(GROUP, false, None).await.expect("a fee");
    trader::deposit(&chain, GROUP, &traders[0].keys, LATE, Until::Final)
        .await
        .expect("queued");
    owned[0] -= u128::from(fee);
    freeze_is_not_due(&chain, &traders[1]).await;
    freeze_when_due(&chain, GROUP, &traders[1]).await;
    let after = stopped.1.elapsed();
    let state = chain.group_state(GROUP, None).await.expect("the group");
    assert_eq!(
        (state.batch_no, state.root),
        (last.batch_no + 1, last.root),
        "nothing settles any more"
    );
    let counted = chain.solvency(GROUP, None).await.expect("read");
    println!(
        "frozen {after:?} after the sequencer stopped at {}: {:?}",
        stopped.0, counted.frozen
    );

    // Each leaves alone, with the program, by the other validator.
    let wallets = [1, 2].map(|number| {
        let (seed, suri) = wallet_of(number);
        let node = network.url("bob").to_owned();
        async move { Wallet::import(&node, &seed, &suri).await }
    });
    let wallets = join_all(wallets).await;
    join_all(wallets.iter().map(Wallet::exit)).await;
    let mut claims = Vec::new();
    for trader in &traders {
        let exit = chain.exit_of(GROUP, trader.index, None).await.expect("read");
        claims.push(exit.expect("its claim is recorded").gross);
    }
    assert!(claims[0] < claims[1], "the second has sold above the mark: {claims:?}");
    // What waited is back, and nothing else yet.
    for (trader, owned) in traders.iter().zip(&owned) {
        assert_eq!(balance(&chain, trader).await, *owned);
    }
    claims_are_over(&chain, GROUP).await;
    for wallet in &wallets {
        wallet.exit().await;
    }
    for ((trader, owned), claim) in traders.iter().zip(&owned).zip(&claims) {
        assert_eq!(balance(&chain, trader).await, owned + claim, "account {}", trader.index);
    }
    assert_eq!(
        claims.iter().sum::<u128>(),
        exchange.deposited(),
        "all that was deposited"
    );
    let rest = vault_should_be_empty(&chain, GROUP).await;
    println!("{claims:?} left; {rest} stays in the vault");
    drop(exchange);
    network.end().await;
}
