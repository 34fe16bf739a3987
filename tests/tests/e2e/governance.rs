//! Government on a real node (C-GOVERN, C-NOTICE): whoever holds the token votes, nobody has a sudo key. The lines of
//! the page for `@polkadot/api` change a margin. Then it is another one again and the next batch obeys it, an
//! instrument is listed and traded, a parameter out of its bounds is refused by name, the runtime is upgraded after its
//! delay, and whoever distrusts it is out before.

mod upgrade;
mod votes;

use crate::governance::{
    upgrade::{code_hash, later_code},
    votes::{enact, enacted, referendum, refusal, send, vote, PATIENCE, POLL, VOTERS},
};
use cloister_cli::{progress::Progress, replay::Feeder};
use cloister_client::{
    chain::{Chain, ChainError, Until},
    funding::fund,
    instrument::{find, FindInstrumentError},
    oracle::developer,
    seal::SealProver,
    sequencer::SequencerClient,
    trader::{self, now, owner_of},
};
use cloister_client_core::{
    amount::Decimal,
    instrument::TradedInstrument,
    keys::TraderKeys,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, Side};
use cloister_risk::RiskTable;
use cloister_runtime::{
    configs::oracle::FeedId,
    genesis_presets::{feeds, groups},
    offices::Origin as Office,
    Runtime, RuntimeCall, RuntimeEvent,
};
use cloister_sequencer_rpc::ErrorCode;
use cloister_tests::{
    javascript::pages,
    node::{beside_another, start},
};
use cloister_types::Lots;
use pallet_cloister_risk::{
    Call as Risk, Error as RiskError, Event as RiskEvent, Group, GroupParams, Groups, RiskParameter,
};
use pallet_cloister_timelock::{Call as Timelock, Delays, Error as NotYet};
use polkadot_sdk::{
    frame_system::{self, RawOrigin},
    pallet_referenda::Error as NotAVote,
    pallet_sudo::Call as Sudo,
};
use serde_json::json;
use std::time::Instant;

const GROUP: u32 = groups::BTC;
/// A feed that nobody uses at first.
const NEW_FEED: FeedId = 9;
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// 5,000 of the settlement asset.
const DEPOSIT: u64 = 5_000_000_000;
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;
/// Blocks from the notice of an upgrade to its time.
const DELAY: u32 = 15;
/// The page that says how to govern, and where it changes a margin.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/governance.md");
const HEADING: &str = "From a proposal to a changed margin";
/// The margin that the page proposes, over 2^8.
const PROPOSED: u16 = 400;

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&format!("//Governed//{number}"))).expect("the URI is well-formed")
}

async fn params(chain: &Chain) -> GroupParams {
    group(chain).await.params
}

async fn group(chain: &Chain) -> Group<FeedId> {
    let key = Groups::<Runtime>::hashed_key_for(GROUP);
    let group = chain.storage(key, None).await.expect("the state");
    group.expect("the group is there")
}

/// Waits for something of the newest risk table.
async fn table(chain: &Chain, wanted: impl Fn(&RiskTable) -> bool) -> RiskTable {
    let begin = Instant::now();
    loop {
        match chain.latest_risk_table(GROUP, None).await {
            Ok(table) if wanted(&table) => return table,
            Ok(_) | Err(ChainError::Absent(_)) => {}
            Err(error) => panic!("{error}"),
        }
        assert!(begin.elapsed() < PATIENCE, "no such table");
        tokio::time::sleep(POLL).await;
    }
}

async fn instrument(chain: &Chain, name: &str) -> TradedInstrument {
    let begin = Instant::now();
    loop {
        match find(chain, GROUP, name).await {
            Ok(found) => return found,
            Err(FindInstrumentError::Chain(ChainError::Absent(_)) | FindInstrumentError::NotInTable(_)) => {}
            Err(error) => panic!("{error}"),
        }
        assert!(begin.elapsed() < PATIENCE, "no table has {name}");
        tokio::time::sleep(POLL).await;
    }
}

fn terms(instrument: &TradedInstrument, side: Side, quantity: u64, flags: u8) -> OrderTerms {
    OrderTerms {
        instrument_id: instrument.id,
        side,
        limit: instrument.mark(),
        quantity,
        flags,
        trigger: None,
        expiry: now() + HOUR,
        max_fee: instrument.fee_allowance(instrument.mark()),
    }
}

/// Waits until the sequencer has read the newest table.
async fn follows(sequencer: &SequencerClient, version: u64) {
    let begin = Instant::now();
    while sequencer.status().await.expect("it answers").risk_version < version {
        assert!(begin.elapsed() < PATIENCE, "the sequencer does not follow");
        tokio::time::sleep(POLL).await;
    }
}

/// Trades so many lots, and waits until they are settled at this table or a later one.
async fn trade(
    sequencer: &SequencerClient,
    (buyer, seller): (&Trader, &Trader),
    instrument: &TradedInstrument,
    (id, lots): (u64, u64),
    version: u64,
) {
    let sell = seller.order(id, &terms(instrument, Side::Sell, lots, flags::POST_ONLY));
    assert_eq!(sequencer.submit(&sell).await.expect("taken").resting, Lots(lots));
    let buy = buyer.order(id, &terms(instrument, Side::Buy, lots, flags::IMMEDIATE_OR_CANCEL));
    assert_eq!(sequencer.submit(&buy).await.expect("taken").filled, Lots(lots));
    sequencer.settled(PATIENCE, |_| {}).await.expect("settled");
    let batches = sequencer.batches().await.expect("told");
    let last = batches.iter().max_by_key(|batch| batch.batch_no).expect("there is one");
    assert!(last.risk_version >= version, "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_should_govern_a_chain_without_sudo() {
    let _place = beside_another().await;
    let (node, chain) = start("governance", &["--sequencer"]).await;
    let alice = developer();
    let price: Decimal = "60000".parse().expect("a price");
    let fed = vec![feeds::BTC_INDEX, feeds::BTC_PERPETUAL, NEW_FEED];
    let _feeder = Feeder::start(&chain, fed, price, Progress::quiet())
        .await
        .expect("prices");
    send(&chain, Sudo::remove_key {}, &alice).await;

    let all = [1, 2, 3].map(keys);
    let funds: Vec<_> = all.iter().map(|keys| (owner_of(keys), FUNDS)).collect();
    fund(&chain, &funds).await.expect("funded");
    let seals = SealProver::of(&chain, None).await.expect("the development parameters");
    let sequencer = SequencerClient::of(&chain);
    let mut traders = Vec::new();
    for keys in &all {
        let opened = trader::open(&chain, &seals, GROUP, keys, DEPOSIT, Until::InBlock).await;
        traders.push(opened.expect("opened").trader);
    }
    the_page_should_change_a_margin(&chain, node.url()).await;
    let perpetual = instrument(&chain, "BTC-PERP").await;
    for trader in &traders {
        sequencer.knows(trader, PATIENCE).await.expect("known");
    }
    let [buyer, seller, sceptic] = &traders[..] else {
        panic!("three traders");
    };

    // All that the margin of today allows, but for a hundredth; tomorrow's is a twenty-fourth higher.
    let most = DEPOSIT / perpetual.margin_per_lot() * 99 / 100;
    let order = |id| buyer.order(id, &terms(&perpetual, Side::Buy, most, flags::POST_ONLY));
    assert_eq!(sequencer.submit(&order(1)).await.expect("taken").resting, Lots(most));
    let expiry = now() + HOUR;
    sequencer.submit(&buyer.cancel(1, expiry)).await.expect("cancelled");

    a_margin_should_be_another_one(&chain).await;
    let changed = params(&chain).await.initial;
    let obeys = table(&chain, |table| table.header.initial == changed)
        .await
        .header
        .version;
    follows(&sequencer, obeys).await;
    let error = sequencer.submit(&order(2)).await.expect_err("the margin is higher");
    assert!(error.is(ErrorCode::InsufficientMargin), "{error}");
    trade(&sequencer, (buyer, seller), &perpetual, (3, most * 9 / 10), obeys).await;

    let listed = an_instrument_should_be_listed_and_nonsense_refused(&chain).await;
    let new = instrument(&chain, &listed.to_string()).await;
    let version = table(&chain, |_| true).await.header.version;
    follows(&sequencer, version).await;
    trade(&sequencer, (seller, buyer), &new, (4, 10), version).await;

    an_upgrade_should_wait_for_whoever_distrusts_it(&chain, &sequencer, sceptic).await;
}

/// Somebody with `@polkadot/api` does what the page says, line by line.
async fn the_page_should_change_a_margin(chain: &Chain, url: &str) {
    assert_ne!(params(chain).await.initial, PROPOSED);
    let mut arguments = vec!["run", url, PAGE, HEADING];
    arguments.extend(VOTERS);
    let made = pages(&arguments).await;
    let wanted = json!([
        "preimage.notePreimage",
        "referenda.submit",
        "referenda.placeDecisionDeposit",
        "convictionVoting.vote",
        "timelock.enact"
    ]);
    assert_eq!(made, wanted);
    assert_eq!(params(chain).await.initial, PROPOSED);
    table(chain, |table| table.header.initial == PROPOSED).await;
}

async fn a_margin_should_be_another_one(chain: &Chain) {
    let begin = Instant::now();
    let before = params(chain).await;
    let changed = GroupParams {
        initial: before.initial + 16,
        ..before.clone()
    };
    let change: RuntimeCall = Risk::set_group_params {
        group: GROUP,
        params: changed.clone(),
    }
    .into();
    let notice = announced(&change);
    // Nobody votes on Root.
    let of_root = referendum(RawOrigin::Root.into(), &notice);
    let refused = chain.submit(of_root.into(), &developer(), Until::InBlock).await;
    assert_eq!(refusal(refused), NotAVote::<Runtime>::NoTrack.into());

    vote(chain, Office::RiskAdmin, &notice).await;
    enacted(chain, &change).await;
    assert_eq!(params(chain).await, changed);
    println!("from the preimage to the changed margin: {:.1?}", begin.elapsed());
}

fn announced(call: &RuntimeCall) -> RuntimeCall {
    let call = Box::new(call.clone());
    Timelock::announce { call }.into()
}

/// One vote on three calls; returns the number of the new instrument.
async fn an_instrument_should_be_listed_and_nonsense_refused(chain: &Chain) -> u32 {
    let state = group(chain).await;
    let listing: RuntimeCall = Risk::list_instrument {
        group: GROUP,
        feed: NEW_FEED,
        premium_feed: None,
        params: state.instruments[0].params.clone(),
    }
    .into();
    // Less is asked to open a position than to keep it.
    let nonsense: RuntimeCall = Risk::set_group_params {
        group: GROUP,
        params: GroupParams {
            initial: u16::MAX,
            ..state.params
        },
    }
    .into();
    let delays: RuntimeCall = Timelock::set_delays {
        delays: Delays {
            terms: 0,
            members: 0,
            keys_and_code: DELAY,
        },
    }
    .into();
    let calls = [&listing, &nonsense, &delays].map(announced).to_vec();
    let all: RuntimeCall = polkadot_sdk::pallet_utility::Call::batch_all { calls }.into();
    vote(chain, Office::Government, &all).await;
    let included = enacted(chain, &listing).await;
    let refused = refusal(enact(chain, &nonsense).await);
    assert_eq!(
        refused,
        RiskError::<Runtime>::ParameterOutOfBounds(RiskParameter::Initial).into()
    );
    enacted(chain, &delays).await;
    let listed = included.event(|event| match event {
        RuntimeEvent::Risk(RiskEvent::InstrumentListed { instrument_id, .. }) => Some(*instrument_id),
        _ => None,
    });
    listed.expect("it has a number")
}

async fn an_upgrade_should_wait_for_whoever_distrusts_it(chain: &Chain, sequencer: &SequencerClient, sceptic: &Trader) {
    let code = later_code();
    let upgrade: RuntimeCall = frame_system::Call::authorize_upgrade {
        code_hash: code_hash(&code),
    }
    .into();
    vote(chain, Office::Government, &announced(&upgrade)).await;
    let begin = Instant::now();
    loop {
        let refused = refusal(enact(chain, &upgrade).await);
        if refused == NotYet::<Runtime>::NotDue.into() {
            break;
        }
        assert_eq!(refused, NotYet::<Runtime>::NotAnnounced.into());
        assert!(begin.elapsed() < PATIENCE, "no vote is decided");
        tokio::time::sleep(POLL).await;
    }
    // Nor can somebody bring the code before its time.
    let apply: RuntimeCall = frame_system::Call::apply_authorized_upgrade { code: code.clone() }.into();
    let early = chain.submit(apply.clone(), &developer(), Until::InBlock).await;
    assert!(early.is_err(), "nothing is authorised yet");

    // Everything that the sceptic has leaves the exchange meanwhile.
    let owner = owner_of(&sceptic.keys);
    let asset = chain.group_state(GROUP, None).await.expect("the group").asset;
    let balance = || async { chain.asset_balance(asset, &owner, None).await.expect("a balance") };
    let before = balance().await;
    let withdrawal = sceptic.withdrawal(1, DEPOSIT, now() + HOUR);
    sequencer.submit(&withdrawal).await.expect("taken");
    sequencer.settled(PATIENCE, |_| {}).await.expect("settled");
    assert_eq!(balance().await, before + u128::from(DEPOSIT));
    assert!(upgrade::spec_version(chain).await < upgrade::LATER, "it is out in time");

    let begin = Instant::now();
    let included = loop {
        match enact(chain, &upgrade).await {
            Ok(included) => break included,
            refused => assert_eq!(refusal(refused), NotYet::<Runtime>::NotDue.into()),
        }
        assert!(begin.elapsed() < PATIENCE, "it is never due");
        tokio::time::sleep(POLL).await;
    };
    let authorised = included.event(|event| match event {
        RuntimeEvent::System(frame_system::Event::UpgradeAuthorized { .. }) => Some(()),
        _ => None,
    });
    assert!(authorised.is_some());
    chain
        .submit(apply, &developer(), Until::InBlock)
        .await
        .expect("applied");
    let begin = Instant::now();
    while upgrade::spec_version(chain).await != upgrade::LATER {
        assert!(begin.elapsed() < PATIENCE, "the chain runs what it ran");
        tokio::time::sleep(POLL).await;
    }
    // The new code makes blocks, and they become final.
    let head = chain.header(None).await.expect("a block").number;
    let begin = Instant::now();
    loop {
        let last = chain.finalized().await.expect("a final block");
        if chain.header(Some(last)).await.expect("its header").number > head + 2 {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "the chain stands still");
        tokio::time::sleep(POLL).await;
    }
}
