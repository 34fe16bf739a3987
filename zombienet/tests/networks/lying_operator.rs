//! Four operators of the oracle, of which one lies and others fall silent (C-ORACLE).

use cloister_client::{chain::Chain, oracle::feeds_of};
use cloister_client_core::amount::Decimal;
use cloister_ledger::{instruction::flags, Side};
use cloister_risk::Row;
use cloister_runtime::{configs::oracle::VALUE_LIFETIME, Runtime};
use cloister_sequencer_rpc::ErrorCode;
use cloister_tests::node::alone;
use cloister_zombienet::{
    exchange::{until, Exchange, GROUP, PRICE},
    network::Network,
    operator::Operator,
    topology::{NodeSpec, Topology},
};
use polkadot_sdk::{
    pallet_oracle::RawValues,
    sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Eve, Ferdie},
    sp_runtime::FixedU128,
};
use std::time::Duration;

/// The operators: the last one will lie. None of them does anything else.
const OPERATORS: [Sr25519Keyring; 4] = [Charlie, Dave, Ferdie, Eve];
/// What it says: a quarter more than is true, which the breaker (C-JUMP) would let pass.
const LIE: &str = "75000";
/// Age above which a price is stale, milliseconds.
const PRICE_AGE: u64 = 40_000;
/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(300);

fn topology() -> Topology {
    let exchange = NodeSpec::full("exchange").with(&["--sequencer"]);
    let nodes = vec![NodeSpec::validator(Alice), NodeSpec::validator(Bob).archive(), exchange];
    Topology {
        oracle: Some((OPERATORS.to_vec(), PRICE_AGE)),
        ..Topology::new("lying-operator", nodes)
    }
}

/// What an operator has fed last, and when.
async fn fed(chain: &Chain, operator: Sr25519Keyring, feed: u32) -> Option<(FixedU128, u64)> {
    let key = RawValues::<Runtime>::hashed_key_for(operator.to_account_id(), feed);
    chain.storage(key, None).await.expect("the state")
}

/// Version and time of the newest table, and its row of the instrument.
async fn newest(chain: &Chain) -> (u64, u64, Row) {
    let table = chain.latest_risk_table(GROUP, None).await.expect("a table");
    (table.header.version, table.header.time, table.rows[0].clone())
}

/// Watches tables until the chain has one of this time. Each has this mark, and is traded at.
async fn tables_should_stay(chain: &Chain, mark: u64, time: u64) {
    until("a later table", PATIENCE, || async {
        let (version, built_at, row) = newest(chain).await;
        assert_eq!(u64::try_from(row.mark.get()), Ok(mark), "table {version}");
        assert!(!row.stale, "table {version}");
        (built_at >= time).then_some(())
    })
    .await;
}

/// Watches tables until one is stale, or none any more; the mark stays. Returns its version.
async fn should_become(chain: &Chain, stale: bool, mark: u64) -> u64 {
    until("a table that is otherwise", PATIENCE, || async {
        let (version, _, row) = newest(chain).await;
        assert_eq!(u64::try_from(row.mark.get()), Ok(mark), "table {version}");
        (row.stale == stale).then_some(version)
    })
    .await
}

async fn follows(exchange: &Exchange, version: u64) {
    until("the sequencer has the table", PATIENCE, || async {
        let status = exchange.sequencer.status().await.expect("it answers");
        (status.risk_version >= version).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make zombienet"]
async fn prices_should_be_those_of_the_honest_operators() {
    let _alone = alone().await;
    let mut network = Network::start(&topology()).await;
    let chain = network.chain("bob").clone();
    let feeds = feeds_of(&chain, GROUP).await.expect("the group's feeds");
    let (honest, lie): (Decimal, Decimal) = (PRICE.parse().expect("a price"), LIE.parse().expect("a price"));
    let [first, second, third, liar] = OPERATORS.map(|key| Operator::start(&chain, key, &feeds, honest));
    let mut exchange = Exchange::open_fed(&chain, network.chain("exchange")).await;
    let mark = exchange.instrument().mark();
    exchange.trade(10).await;
    exchange.settled().await;

    // One lies: the chain takes what it says, and no mark is of it.
    liar.says(lie);
    let lied_at = until("the lie is on the chain", PATIENCE, || async {
        let (value, time) = fed(&chain, Eve, feeds[0]).await.expect("it has fed");
        (value == FixedU128::from_u32(75_000)).then_some(time)
    })
    .await;
    tables_should_stay(&chain, mark, lied_at + VALUE_LIFETIME).await;
    exchange.trade(20).await;
    exchange.settled().await;

    // Another falls silent, and what it said last is too old to count: of three values one is a lie.
    third.is_silent();
    let (_, spoke_at) = fed(&chain, Ferdie, feeds[0]).await.expect("it has fed");
    // What was on its way may still have come.
    tables_should_stay(&chain, mark, spoke_at + 2 * VALUE_LIFETIME).await;
    let (_, spoke_at) = fed(&chain, Ferdie, feeds[0]).await.expect("it has fed");
    let (_, now, _) = newest(&chain).await;
    assert!(now > spoke_at + VALUE_LIFETIME, "{spoke_at} is too old at {now}");
    exchange.trade(30).await;
    exchange.settled().await;

    // Two are more than may be silent: nothing is opened at a price that nobody stands behind. The mark stays.
    second.is_silent();
    let version = should_become(&chain, true, mark).await;
    follows(&exchange, version).await;
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let order = exchange.order(trader, side, mark, 1, flags::POST_ONLY);
        let refused = exchange.sequencer.submit(&order).await.expect_err("it would open");
        assert!(refused.is(ErrorCode::WouldNotReduce), "{refused}");
    }
    // Whoever has a position may still close it, with whoever closes theirs.
    exchange.close(5).await;
    exchange.settled().await;

    // It begins again as soon as one of them speaks.
    second.says(honest);
    let version = should_become(&chain, false, mark).await;
    follows(&exchange, version).await;
    exchange.trade(40).await;
    let last = exchange.settled().await;
    let number = u32::try_from(last.block).expect("a young chain");
    network.final_everywhere(number).await;
    let agreed = network.agreed(GROUP, number).await;
    let root = exchange.should_be_as_acknowledged(&chain, agreed.block).await;
    assert_eq!(root, last.root);
    println!("{agreed:?}, {:?}", exchange.acknowledged);
    drop((exchange, first, second, third, liar));
    network.end().await;
}
