//! Two validators, and two sequencers of the group, of which the leading one dies (C-TAKE-OVER).

use cloister_client::{
    chain::{Chain, Until},
    oracle::developer,
    sequencer::SequencerClient,
};
use cloister_client_core::trader::Trader;
use cloister_ledger::{instruction::flags, Side};
use cloister_runtime::{genesis_presets::SEQUENCER, Hash, Runtime, RuntimeCall};
use cloister_sequencer_rpc::{
    types::{HaltKind, VoidCause, VoidInfo},
    ErrorCode,
};
use cloister_tests::node::alone;
use cloister_types::{InstructionId, Lots};
use cloister_zombienet::{
    exchange::{until, Exchange, GROUP},
    network::Network,
    topology::{NodeSpec, Topology},
};
use pallet_cloister_sequencers::{Call as Sequencers, TakeOver, TakeOverOf};
use polkadot_sdk::{
    pallet_sudo::Call as Sudo,
    pallet_timestamp::Now,
    sp_keyring::Sr25519Keyring::{Alice, Bob},
};
use std::time::Duration;

/// Blocks of an epoch, as many as there may be: half an hour here, longer than this takes, so the first member leads.
const EPOCH: u32 = 900;
/// Milliseconds of silence after which another member goes on; the shortest.
const FIRST_DELAY: u64 = 60_000;
/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(600);

fn topology() -> Topology {
    let sequencer = |name| {
        NodeSpec::full(name)
            .archive()
            .with(&["--sequencer", "--sequencer-rounds", "false"])
    };
    // The chain names both as members. They have the secret that a development chain's sequencers have.
    let first = sequencer("first").submitting(SEQUENCER);
    let second = sequencer("second").submitting(Alice).later();
    let nodes = vec![
        NodeSpec::validator(Alice),
        NodeSpec::validator(Bob).archive(),
        first,
        second,
    ];
    Topology::new("taken-over", nodes)
}

async fn take_turns(chain: &Chain) {
    let terms = TakeOver {
        epoch: EPOCH,
        first_delay: FIRST_DELAY,
    };
    let call: RuntimeCall = Sequencers::set_take_over { group: GROUP, terms }.into();
    let sudo = Sudo::sudo { call: Box::new(call) };
    let sent = chain.submit(sudo.into(), &developer(), Until::Final).await;
    sent.expect("it is sent");
    let key = TakeOverOf::<Runtime>::hashed_key_for(GROUP);
    assert_eq!(chain.storage(key, None).await.expect("the state"), Some(terms));
}

/// Time of a block, milliseconds.
async fn time_of(chain: &Chain, number: u64) -> u64 {
    let number = u32::try_from(number).expect("a young chain");
    let hash = chain.block_hash(number).await.expect("an answer");
    let key = Now::<Runtime>::hashed_key().to_vec();
    let time = chain.storage(key, Some(hash.expect("the block"))).await;
    time.expect("the state").expect("it has a time")
}

/// A sequencer has the accounts as they are settled, with these orders at rest.
async fn should_have(sequencer: &SequencerClient, exchange: &Exchange, resting: &[u64]) {
    for (number, trader) in exchange.traders.iter().enumerate() {
        let wanted = exchange.acknowledged[number];
        until("the account is as settled", PATIENCE, || async {
            let account = sequencer.account(trader).await.ok()?;
            let lots = account.positions.first().map(|held| held.quantity).unwrap_or_default();
            ((account.cash, lots) == (wanted.cash, wanted.lots)).then_some(())
        })
        .await;
        let account = sequencer.account(trader).await.expect("shown");
        let open: Vec<u64> = account.open_orders.iter().map(|order| order.id.0).collect();
        let wanted = if number == 0 { resting } else { &[] };
        assert_eq!(open, wanted, "account {number}");
    }
}

async fn halted(sequencer: &SequencerClient) -> Option<HaltKind> {
    let status = sequencer.status().await.expect("it answers");
    status.halted.map(|halt| halt.kind)
}

/// What a sequencer tells a trader that is void: orders and lots of fills that another sequencer has overtaken.
async fn void_fills(sequencer: &SequencerClient, trader: &Trader) -> Vec<(InstructionId, Lots)> {
    let notices = sequencer.notices(trader, 0).await.expect("told");
    let fill = |what: &VoidInfo| match what {
        VoidInfo::Fill { order_id, quantity, .. } => (*order_id, *quantity),
        other => panic!("{other:?}"),
    };
    assert!(notices.iter().all(|notice| notice.reason == VoidCause::Overtaken));
    notices.iter().map(|notice| fill(&notice.what)).collect()
}

async fn should_be_settled(network: &mut Network, exchange: &Exchange, block: u64) -> Hash {
    let number = u32::try_from(block).expect("a young chain");
    network.final_everywhere(number).await;
    let agreed = network.agreed(GROUP, number).await;
    exchange
        .should_be_as_acknowledged(network.chain("bob"), agreed.block)
        .await;
    println!("{agreed:?}, {:?}", exchange.acknowledged);
    agreed.block
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make zombienet"]
async fn another_sequencer_should_go_on_where_the_leader_died() {
    let _alone = alone().await;
    let mut network = Network::start(&topology()).await;
    let chain = network.chain("bob").clone();
    let mut exchange = Exchange::open(network.chain("alice"), network.chain("first")).await;
    take_turns(&chain).await;
    let first = exchange.sequencer.clone();
    exchange.trade(10).await;
    exchange.settled().await;

    // The second one begins behind, and follows while the first leads.
    network.restart("second").await;
    let second = SequencerClient::of(network.chain("second"));
    until("the second gets ready", PATIENCE, || async {
        second.status().await.ok()
    })
    .await;
    exchange.trade(20).await;
    let last = exchange.settled().await;
    until("it follows", Duration::from_millis(FIRST_DELAY), || async {
        (halted(&second).await == Some(HaltKind::Following)).then_some(())
    })
    .await;
    let order = exchange.order(0, Side::Buy, exchange.instrument().mark(), 1, flags::POST_ONLY);
    let refused = second.submit(&order).await.expect_err("the first leads");
    assert!(refused.is(ErrorCode::Halted), "{refused}");
    should_have(&second, &exchange, &[]).await;

    // The leader acknowledges an order at rest and a fill, and dies before it has settled the fill.
    let settled = exchange.acknowledged.clone();
    let low = exchange.instrument().mark() / 100 * 98;
    let resting = exchange.order(0, Side::Buy, low, 5, flags::POST_ONLY);
    assert_eq!(first.submit(&resting).await.expect("taken").resting, Lots(5));
    let orders = exchange.orders(30);
    exchange.send(&orders).await;
    network.kill("first").await;

    // After the first delay the second takes orders. What was settled is exact, and nothing else has happened.
    exchange.acknowledged.clone_from(&settled);
    until("the second leads", PATIENCE, || async {
        halted(&second).await.is_none().then_some(())
    })
    .await;
    let state = chain.group_state(GROUP, None).await.expect("the group");
    assert_eq!((state.batch_no, state.root), (last.batch_no + 1, last.root));
    should_have(&second, &exchange, &[]).await;
    // All of it can be sent again, as it was signed.
    exchange.sequencer = second.clone();
    let accepted = second.submit(&resting).await.expect("taken");
    assert_eq!(accepted.resting, Lots(5));
    exchange.send(&orders).await;
    let taken_over = exchange.settled().await;
    let batches = second.batches().await.expect("told");
    let next = batches.iter().find(|batch| batch.batch_no == last.batch_no + 1);
    let next = next.expect("the second has made the next batch");
    let silence = time_of(&chain, next.block).await - time_of(&chain, last.block).await;
    assert!(silence >= FIRST_DELAY, "{silence} ms");
    should_be_settled(&mut network, &exchange, taken_over.block).await;

    // The first comes back, leads again, and tells both traders what it had promised in vain.
    network.restart("first").await;
    let first = SequencerClient::of(network.chain("first"));
    until("the first is ready", PATIENCE, || async { first.status().await.ok() }).await;
    for (trader, order) in exchange.traders.iter().zip([&orders.taker, &orders.maker]) {
        until("it tells", PATIENCE, || async {
            let void = void_fills(&first, trader).await;
            (void == [(order.1.instruction.id, Lots(30))]).then_some(())
        })
        .await;
    }
    should_have(&first, &exchange, &[resting.instruction.id.0]).await;
    until("it leads", PATIENCE, || async {
        halted(&first).await.is_none().then_some(())
    })
    .await;
    exchange.sequencer = first;
    exchange.trade(40).await;
    let last = exchange.settled().await;
    assert!(last.batch_no > taken_over.batch_no);
    should_be_settled(&mut network, &exchange, last.block).await;
    // The second has nothing of its own that is not settled, and follows.
    should_have(&second, &exchange, &[resting.instruction.id.0]).await;
    assert!(void_fills(&second, &exchange.traders[0]).await.is_empty());
    println!("taken over after {silence} ms");
    drop(exchange);
    network.end().await;
}
