//! Government by referenda (C-GOVERN): from a preimage to a changed margin, what each office may do, and that nobody
//! reaches Root.

mod pausing;
mod proxies;
mod spending;

use crate::{
    cloister::NOW,
    custody::{assert_untouched, hostile, with_custodian, OFFICES},
    genesis::state,
    origins::{calls, name, Name},
};
use cloister_runtime::{
    configs::governance::{
        authority::is_of_field,
        tracks::{Tracks, TRACKS},
    },
    genesis_presets::{endowed, feeds, groups, ENDOWMENT, STAGING},
    offices::Origin as Office,
    AccountId, Balance, BlockNumber, ConvictionVoting, OriginCaller, Preimage, Referenda, Risk, Runtime, RuntimeCall,
    RuntimeEvent, RuntimeOrigin, Scheduler, System, Timelock,
};
use codec::Encode;
use frame_support::{
    assert_noop, assert_ok,
    traits::{schedule::DispatchTime, Bounded, Hooks, QueryPreimage, StorePreimage},
};
use frame_system::RawOrigin;
use pallet_cloister_execution::Call as Execute;
use pallet_cloister_risk::{Call as RiskCall, GroupParams, RiskParameter};
use pallet_cloister_sequencers::Call as Sequence;
use pallet_cloister_timelock::{Call as Notice, Notices};
use pallet_cloister_verifier::Call as Verify;
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor, TracksInfo};
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{
    traits::{Dispatchable, Hash},
    DispatchError,
};
use std::collections::BTreeSet;

/// Runs a test on both kinds of chain after the first block.
fn on_both(test: impl Fn()) {
    for preset in [DEV_RUNTIME_PRESET, STAGING] {
        state(preset).execute_with(|| {
            System::set_block_number(1);
            pallet_timestamp::Now::<Runtime>::put(NOW);
            test();
        });
    }
}

/// Runs a test on a chain for money after its first block.
fn on_local(test: impl FnOnce()) {
    state(STAGING).execute_with(|| {
        System::set_block_number(1);
        pallet_timestamp::Now::<Runtime>::put(NOW);
        test();
    });
}

fn signed(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

fn alice() -> RuntimeOrigin {
    signed(Alice.to_account_id())
}

/// Makes a call as an office.
fn act(office: Office, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
    let done = call.into().dispatch(office.into());
    done.map(drop).map_err(|failure| failure.error)
}

/// The notice of a call.
fn notice(call: impl Into<RuntimeCall>) -> RuntimeCall {
    Notice::announce {
        call: Box::new(call.into()),
    }
    .into()
}

/// Submits a referendum with a preimage, and pays for its decision. Returns its number.
fn propose(office: Office, call: &RuntimeCall) -> u32 {
    let index = pallet_referenda::ReferendumCount::<Runtime>::get();
    let bytes = call.encode();
    let len = bytes.len() as u32;
    let hash = <Runtime as frame_system::Config>::Hashing::hash(&bytes);
    // Two referenda may have the same preimage.
    let _ = Preimage::note_preimage(alice(), bytes);
    assert!(<Preimage as QueryPreimage>::have(&Bounded::<RuntimeCall, _>::Lookup {
        hash,
        len
    }));
    assert_ok!(Referenda::submit(
        alice(),
        Box::new(OriginCaller::Offices(office)),
        Bounded::Lookup { hash, len },
        DispatchTime::After(0)
    ));
    assert_ok!(Referenda::place_decision_deposit(alice(), index));
    index
}

/// Votes.
fn vote(who: AccountId, index: u32, aye: bool, conviction: Conviction, balance: Balance) {
    let vote = AccountVote::Standard {
        vote: Vote { aye, conviction },
        balance,
    };
    assert_ok!(ConvictionVoting::vote(signed(who), index, vote));
}

/// Half of what everybody has, in favour.
fn all_in_favour(index: u32) {
    for who in endowed() {
        vote(who, index, true, Conviction::Locked1x, ENDOWMENT / 2);
    }
}

/// Goes to the next block for which something is scheduled, and does it. Returns whether there was one.
fn next() -> bool {
    let now = System::block_number();
    let scheduled = pallet_scheduler::Agenda::<Runtime>::iter()
        .filter(|(when, tasks)| *when > now && tasks.iter().any(Option::is_some))
        .map(|(when, _)| when)
        .min();
    let Some(when) = scheduled else {
        return false;
    };
    System::set_block_number(when);
    // It has nothing to make up for: no block in between has anything.
    pallet_scheduler::IncompleteSince::<Runtime>::kill();
    Scheduler::on_initialize(when);
    true
}

fn info(index: u32) -> pallet_referenda::ReferendumInfoOf<Runtime, ()> {
    ReferendumInfoFor::<Runtime>::get(index).expect("it was submitted")
}

/// Goes on until a referendum is decided. Returns whether it was approved.
fn decide(index: u32) -> bool {
    while matches!(info(index), ReferendumInfo::Ongoing(_)) {
        assert!(next(), "a referendum comes to its end");
    }
    matches!(info(index), ReferendumInfo::Approved(..))
}

/// Goes on until what was approved is dispatched. Returns what came of it.
fn dispatched() -> Result<(), DispatchError> {
    System::reset_events();
    loop {
        let mut results = System::events().into_iter().filter_map(|record| match record.event {
            RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched {
                result, id: Some(_), ..
            }) => Some(result),
            _ => None,
        });
        // Alarms have no name.
        if let Some(result) = results.next_back() {
            return result;
        }
        assert!(next(), "what was approved is dispatched");
    }
}

/// Has everybody vote for a call of an office. Returns what came of it when it was dispatched.
fn by_vote(office: Office, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
    let index = propose(office, &call.into());
    all_in_favour(index);
    assert!(decide(index), "it was approved");
    dispatched()
}

/// Waits until a call that was announced is due, and has anybody enact it.
fn enact(call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
    let call = call.into();
    let notice = Notices::<Runtime>::get(Timelock::hash_of(&call)).expect("it was announced");
    System::set_block_number(notice.due.max(System::block_number()));
    let call = Box::new(call);
    let enact: RuntimeCall = Notice::enact { call }.into();
    let done = enact.dispatch(signed(Bob.to_account_id()));
    done.map(drop).map_err(|failure| failure.error)
}

fn params() -> GroupParams {
    let group = pallet_cloister_risk::Groups::<Runtime>::get(groups::BTC);
    group.expect("the group is there").params
}

/// Sets the initial margin of the first group, over 2^8.
fn set_initial(initial: u16) -> RuntimeCall {
    let params = GroupParams { initial, ..params() };
    let group = groups::BTC;
    RiskCall::set_group_params { group, params }.into()
}

fn list() -> RuntimeCall {
    let group = pallet_cloister_risk::Groups::<Runtime>::get(groups::BTC).expect("the group is there");
    RiskCall::create_group {
        group: 9,
        params: group.params,
    }
    .into()
}

fn close_only() -> RuntimeCall {
    RiskCall::set_instrument_status {
        group: groups::BTC,
        instrument_id: 1,
        status: cloister_risk::Status::CloseOnly,
    }
    .into()
}

fn enable(enabled: bool) -> RuntimeCall {
    Execute::set_group_enabled {
        group: groups::BTC,
        enabled,
    }
    .into()
}

#[test]
fn vote_should_change_a_margin_after_its_notice() {
    on_both(|| {
        let before = params().initial;
        let call = set_initial(before + 16);
        assert_eq!(by_vote(Office::RiskAdmin, notice(call.clone())), Ok(()));
        assert_eq!(params().initial, before, "what widens waits for its notice");
        let announced = Notices::<Runtime>::get(Timelock::hash_of(&call)).expect("it was announced");
        let waits = announced.due - announced.announced_at;
        assert_eq!(waits, Timelock::delays().terms);
        assert_eq!(enact(call), Ok(()));
        assert_eq!(params().initial, before + 16);
        // And no other parameter.
        assert_eq!(
            params(),
            GroupParams {
                initial: before + 16,
                ..params()
            }
        );
        assert_eq!(Risk::do_try_state(), Ok(()));
    });
}

#[test]
fn vote_of_a_development_chain_should_take_less_than_a_minute() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        let call = set_initial(400);
        assert_eq!(by_vote(Office::RiskAdmin, notice(call.clone())), Ok(()));
        assert_eq!(enact(call), Ok(()));
        // Of two seconds each.
        assert!(System::block_number() <= 15, "{}", System::block_number());
    });
}

#[test]
fn parameters_out_of_bounds_should_be_refused_by_name_whoever_votes_for_them() {
    on_both(|| {
        let before = params();
        // Less to open than to keep.
        let call = set_initial(1);
        for office in [Office::RiskAdmin, Office::Government] {
            assert_eq!(by_vote(office, notice(call.clone())), Ok(()));
            let refused = pallet_cloister_risk::Error::<Runtime>::ParameterOutOfBounds(RiskParameter::Initial);
            assert_eq!(enact(call.clone()), Err(refused.into()));
            assert_eq!(params(), before);
            let call = Box::new(call.clone());
            assert_eq!(act(office, Notice::withdraw { call }), Ok(()));
        }
    });
}

#[test]
fn listing_admin_should_list_and_change_no_margin() {
    on_both(|| {
        let margin = set_initial(400);
        assert_eq!(
            by_vote(Office::ListingAdmin, notice(margin.clone())),
            Err(DispatchError::BadOrigin)
        );
        assert!(!Notices::<Runtime>::contains_key(Timelock::hash_of(&margin)));
        // Not inside another call either.
        let both: RuntimeCall = pallet_utility::Call::batch_all {
            calls: vec![list(), margin],
        }
        .into();
        assert_eq!(
            by_vote(Office::ListingAdmin, notice(both)),
            Err(DispatchError::BadOrigin)
        );
        assert_eq!(by_vote(Office::ListingAdmin, notice(list())), Ok(()));
        assert_eq!(enact(list()), Ok(()));
        assert!(pallet_cloister_risk::Groups::<Runtime>::contains_key(9));
        // What widens is not done without notice by any office.
        for office in OFFICES {
            assert_eq!(act(office, set_initial(400)), Err(DispatchError::BadOrigin));
        }
    });
}

#[test]
fn vote_of_emergency_should_narrow_at_once() {
    on_both(|| {
        let calls = vec![close_only(), enable(false)];
        let both = pallet_utility::Call::batch_all { calls };
        let begin = System::block_number();
        assert_eq!(by_vote(Office::EmergencyPause, both), Ok(()));
        let group = pallet_cloister_risk::Groups::<Runtime>::get(groups::BTC).expect("the group is there");
        assert_eq!(group.instruments[0].status, cloister_risk::Status::CloseOnly);
        assert!(!cloister_runtime::Execution::group_state(groups::BTC).is_some_and(|state| state.enabled));
        // Half an hour of blocks of six seconds.
        assert!(System::block_number() - begin <= 300, "{}", System::block_number());
    });
}

#[test]
fn emergency_should_widen_nothing_and_undo_nothing_of_others() {
    on_local(|| {
        let margin = set_initial(400);
        assert_eq!(act(Office::RiskAdmin, notice(margin.clone())), Ok(()));
        let index = propose(Office::Government, &notice(enable(true)));
        let boxed = || Box::new(margin.clone());
        let refused: Vec<RuntimeCall> = vec![
            Notice::withdraw { call: boxed() }.into(),
            pallet_referenda::Call::<Runtime>::cancel { index }.into(),
            pallet_referenda::Call::<Runtime>::kill { index }.into(),
            notice(enable(true)),
            enable(true),
            RiskCall::set_instrument_status {
                group: groups::BTC,
                instrument_id: 1,
                status: cloister_risk::Status::Trading,
            }
            .into(),
            margin.clone(),
            Verify::remove_verifying_key { id: 1 }.into(),
            Sequence::set_members {
                group: groups::BTC,
                members: Default::default(),
            }
            .into(),
            Execute::release_rest { group: groups::BTC }.into(),
            Execute::choose_final_table {
                group: groups::BTC,
                version: 1,
            }
            .into(),
            pallet_treasury::Call::<Runtime>::void_spend { index: 0 }.into(),
        ];
        for call in refused {
            assert_noop!(act(Office::EmergencyPause, call.clone()), DispatchError::BadOrigin);
        }
        assert!(Notices::<Runtime>::contains_key(Timelock::hash_of(&margin)));
        assert!(matches!(info(index), ReferendumInfo::Ongoing(_)));
        // Whose field it is, may.
        assert_eq!(act(Office::RiskAdmin, Notice::withdraw { call: boxed() }), Ok(()));
    });
}

#[test]
fn minority_should_change_nothing() {
    on_both(|| {
        let call = notice(set_initial(400));
        // More against it than for it, for as long as it may take.
        let index = propose(Office::RiskAdmin, &call);
        for (place, who) in endowed().into_iter().enumerate() {
            vote(who, index, place % 2 == 0, Conviction::Locked1x, ENDOWMENT / 2);
        }
        vote(Alice.to_account_id(), index, false, Conviction::Locked1x, ENDOWMENT / 2);
        assert!(!decide(index));
        // Nobody against it, and too few at all.
        let index = propose(Office::RiskAdmin, &call);
        vote(Bob.to_account_id(), index, true, Conviction::Locked6x, ENDOWMENT / 10);
        assert!(!decide(index));
        assert!(matches!(info(index), ReferendumInfo::Rejected(..)));
        // Few, and with conviction, outvote those without: what counts is what they put at stake.
        let index = propose(Office::RiskAdmin, &call);
        for who in endowed().into_iter().take(6) {
            vote(who, index, true, Conviction::Locked6x, ENDOWMENT / 2);
        }
        for who in endowed().into_iter().skip(6) {
            vote(who, index, false, Conviction::None, ENDOWMENT / 2);
        }
        assert!(decide(index));
    });
}

#[test]
fn nobody_should_have_a_referendum_of_another_origin() {
    on_both(|| {
        let call = notice(set_initial(400));
        let hash = Preimage::note(call.encode().into()).expect("it is noted");
        let len = call.encoded_size() as u32;
        let origins = [
            OriginCaller::system(RawOrigin::Root),
            OriginCaller::system(RawOrigin::None),
            OriginCaller::system(RawOrigin::Signed(Alice.to_account_id())),
            OriginCaller::Timelock(pallet_cloister_timelock::Origin::Enacted),
        ];
        for origin in origins {
            assert_noop!(
                Referenda::submit(
                    alice(),
                    Box::new(origin),
                    Bounded::Lookup { hash, len },
                    DispatchTime::After(0)
                ),
                pallet_referenda::Error::<Runtime>::NoTrack
            );
        }
    });
}

#[test]
fn no_office_should_reach_root_or_another_origin() {
    type Utility = pallet_utility::Call<Runtime>;

    let harmful: RuntimeCall = frame_system::Call::set_storage {
        items: vec![(b"taken".to_vec(), b"taken".to_vec())],
    }
    .into();
    on_both(|| {
        let boxed = || Box::new(harmful.clone());
        let origin = |origin: OriginCaller| Box::new(origin);
        let tries: Vec<RuntimeCall> = vec![
            harmful.clone(),
            Utility::dispatch_as {
                as_origin: origin(RawOrigin::Root.into()),
                call: boxed(),
            }
            .into(),
            Utility::dispatch_as_fallible {
                as_origin: origin(OriginCaller::Offices(Office::Government)),
                call: boxed(),
            }
            .into(),
            Utility::with_weight {
                call: boxed(),
                weight: Default::default(),
            }
            .into(),
            pallet_scheduler::Call::<Runtime>::schedule_after {
                after: 1,
                maybe_periodic: None,
                priority: 0,
                call: boxed(),
            }
            .into(),
            pallet_sudo::Call::<Runtime>::sudo { call: boxed() }.into(),
            pallet_sudo::Call::<Runtime>::set_key {
                new: Alice.to_account_id().into(),
            }
            .into(),
            frame_system::Call::set_code { code: vec![1] }.into(),
            frame_system::Call::authorize_upgrade {
                code_hash: Default::default(),
            }
            .into(),
            pallet_balances::Call::<Runtime>::force_set_balance {
                who: Alice.to_account_id().into(),
                new_free: 0,
            }
            .into(),
            pallet_referenda::Call::<Runtime>::nudge_referendum { index: 0 }.into(),
            pallet_preimage::Call::<Runtime>::request_preimage {
                hash: Default::default(),
            }
            .into(),
        ];
        let sudo = pallet_sudo::Key::<Runtime>::get();
        for call in tries {
            for office in OFFICES {
                assert!(act(office, call.clone()).is_err(), "{office:?}: {call:?}");
                assert_eq!(sp_io::storage::get(b"taken"), None);
                assert_eq!(pallet_sudo::Key::<Runtime>::get(), sudo);
            }
        }
    });
}

/// What nobody may do to a vault is not done by a vote either, and not in any wrapper: the filter holds in what the
/// scheduler dispatches.
#[test]
fn no_vote_should_take_a_vaults_money() {
    for (what, call) in hostile() {
        let call = RuntimeCall::Assets(call);
        with_custodian().execute_with(|| {
            for (place, office) in OFFICES.into_iter().enumerate() {
                for call in crate::custody::wrapped(&call) {
                    let bounded = Preimage::bound(call).expect("a call that fits");
                    let when = DispatchTime::At(2 + place as BlockNumber);
                    let task = <Scheduler as frame_support::traits::schedule::v3::Anon<_, _, _>>::schedule(
                        when,
                        None,
                        0,
                        OriginCaller::Offices(office),
                        bounded,
                    );
                    assert!(task.is_ok());
                }
            }
            let mut blocks = 0;
            while next() {
                assert_untouched(what);
                blocks += 1;
            }
            assert_eq!(blocks, OFFICES.len());
        });
    }
}

/// Readers of the chain find every batch in a transaction of its own (C-PLAIN).
#[test]
fn vote_should_settle_no_batch() {
    on_both(|| {
        let refused: DispatchError = pallet_cloister_execution::Error::<Runtime>::WrappedBatch.into();
        let batch = crate::wrapped::submit();
        assert_eq!(by_vote(Office::Government, batch.clone()), Err(refused));
        assert_eq!(by_vote(Office::Government, notice(batch.clone())), Ok(()));
        assert_eq!(enact(batch), Err(refused));
    });
}

/// Which calls of the exchange each office may announce, beside government, which may announce all.
const FIELDS: &[(Office, &str)] = &[
    (
        Office::RiskAdmin,
        "Risk.set_group_params Risk.set_instrument_params Risk.set_instrument_status Risk.set_table_grace \
         Risk.set_settle_after Risk.set_jump_limit \
         Execution.set_queue_terms Execution.set_solvency_terms Execution.set_group_enabled",
    ),
    (
        Office::ListingAdmin,
        "Risk.create_group Risk.list_instrument Risk.set_instrument_feeds Execution.create_group Sequencers.set_members Sequencers.set_seal_key \
         Sequencers.set_take_over Bonds.set_terms OracleOperators.add_member OracleOperators.remove_member OracleOperators.swap_member \
         OracleOperators.reset_members OracleOperators.set_prime OracleOperators.clear_prime",
    ),
    (Office::EmergencyPause, ""),
    (Office::Treasurer, ""),
];

fn names(text: &str) -> BTreeSet<Name> {
    let parts = text
        .split_whitespace()
        .map(|part| part.split_once('.').expect("a pallet and a call"));
    parts
        .map(|(pallet, call)| (pallet.to_string(), call.to_string()))
        .collect()
}

#[test]
fn each_office_should_announce_the_calls_of_its_field_and_no_other() {
    on_local(|| {
        for (office, field) in FIELDS {
            let field = names(field);
            let may: BTreeSet<Name> = calls()
                .iter()
                .filter(|call| is_of_field(*office, call))
                .map(name)
                .collect();
            assert_eq!(may, field, "{office:?}");
            for call in calls() {
                let inner = name(&call);
                let announced = act(*office, notice(call));
                assert_eq!(
                    announced == Err(DispatchError::BadOrigin),
                    !field.contains(&inner),
                    "{inner:?}"
                );
            }
        }
        for call in calls() {
            assert!(is_of_field(Office::Government, &call));
        }
        // Without terms payouts ask for no round, so that is no term.
        let none = Execute::set_solvency_terms {
            group: groups::BTC,
            terms: None,
        };
        assert!(!is_of_field(Office::RiskAdmin, &none.into()));
    });
}

/// Which calls of the exchange each office makes at once, beside those that anybody may.
const AT_ONCE: &[(Office, &str)] = &[
    (
        Office::Government,
        "Execution.choose_final_table Execution.release_rest Verifier.remove_verifying_key",
    ),
    (
        Office::RiskAdmin,
        "Execution.choose_final_table Execution.release_rest Verifier.remove_verifying_key",
    ),
    (Office::ListingAdmin, ""),
    (Office::EmergencyPause, ""),
    (Office::Treasurer, ""),
];

#[test]
fn each_office_should_do_at_once_what_narrows_and_no_more() {
    on_local(|| {
        for (office, expected) in AT_ONCE {
            let notices: BTreeSet<Name> = names("Timelock.announce Timelock.withdraw");
            let done: BTreeSet<Name> = calls()
                .into_iter()
                .filter(|call| !notices.contains(&name(call)))
                // A batch is refused by its own name before anything of the origin.
                .filter(|call| !name(call).1.starts_with("submit_batch"))
                .filter(|call| act(*office, call.clone()) != Err(DispatchError::BadOrigin))
                .map(|call| name(&call))
                .collect();
            assert_eq!(done, names(expected), "{office:?}");
        }
        let narrows = [Office::Government, Office::RiskAdmin, Office::EmergencyPause];
        let members: RuntimeCall = Sequence::set_members {
            group: groups::BTC,
            members: Default::default(),
        }
        .into();
        for office in OFFICES {
            let may = |call, may: bool| {
                let expected = if may { Ok(()) } else { Err(DispatchError::BadOrigin) };
                assert_eq!(act(office, call), expected, "{office:?}");
            };
            may(close_only(), narrows.contains(&office));
            may(enable(false), narrows.contains(&office));
            let takes_away = [Office::Government, Office::ListingAdmin].contains(&office);
            let group = groups::BTC;
            let before = pallet_cloister_sequencers::Members::<Runtime>::get(group);
            may(members.clone(), takes_away);
            pallet_cloister_sequencers::Members::<Runtime>::insert(group, before);
        }
    });
}

#[test]
fn each_office_should_have_a_track_of_its_own_and_nobody_else_any() {
    on_both(|| {
        assert_eq!(Tracks::check_integrity(), Ok(()));
        let mut ids = BTreeSet::new();
        for office in OFFICES {
            let id = Tracks::track_for(&OriginCaller::Offices(office)).expect("an office has a track");
            assert!(ids.insert(id));
            let info = Tracks::info(id).expect("the track is there");
            assert!(info.decision_period > info.confirm_period && info.min_enactment_period > 0);
            // The vote that is easiest to win at the end is not won by less than more than half.
            let end = sp_runtime::Perbill::one();
            assert!(info.min_approval.threshold(end) > sp_runtime::Perbill::from_percent(50));
            assert!(info.min_support.threshold(end) >= sp_runtime::Perbill::from_percent(3));
        }
        assert_eq!(ids.len(), TRACKS.len());
        for origin in [
            OriginCaller::system(RawOrigin::Root),
            OriginCaller::system(RawOrigin::Signed(Alice.to_account_id())),
        ] {
            assert_eq!(Tracks::track_for(&origin), Err(()));
        }
    });
}

/// A group that is disabled is frozen once its clocks have stood for as long as they may and an item is overdue for as
/// long as it may be (C-NOTICE): a vote of the risk admin and the notice to enable it again take less.
#[test]
fn pause_of_a_group_should_end_by_vote_before_it_is_frozen() {
    use cloister_runtime::{
        configs::cloister::{QueuePatience, SoftDeadline},
        constants::time::SLOT_MILLISECONDS,
    };
    use frame_support::traits::Get;

    on_local(|| {
        let begin = System::block_number();
        assert_eq!(act(Office::EmergencyPause, enable(false)), Ok(()));
        assert_eq!(by_vote(Office::RiskAdmin, notice(enable(true))), Ok(()));
        assert_eq!(enact(enable(true)), Ok(()));
        let took = u64::from(System::block_number() - begin) * SLOT_MILLISECONDS;
        let most = pallet_cloister_execution::MAX_STOPPED
            + <SoftDeadline as Get<u64>>::get()
            + <QueuePatience as Get<u64>>::get();
        assert!(took < most, "{took} of {most}");
    });
}

#[test]
fn oracle_operators_and_feeds_should_be_governed_by_listings() {
    on_both(|| {
        let who = || sp_runtime::MultiAddress::from(sp_keyring::Sr25519Keyring::Eve.to_account_id());
        let add =
            pallet_membership::Call::<Runtime, cloister_runtime::configs::oracle::OperatorsInstance>::add_member {
                who: who(),
            };
        assert_eq!(by_vote(Office::ListingAdmin, notice(add.clone())), Ok(()));
        assert_eq!(enact(add), Ok(()));
        let eve = sp_keyring::Sr25519Keyring::Eve.to_account_id();
        let values = vec![(
            feeds::BTC_INDEX,
            cloister_runtime::configs::oracle::FeedValue::from_u32(60_000),
        )];
        let values = frame_support::BoundedVec::truncate_from(values);
        assert_ok!(cloister_runtime::Oracle::feed_values(signed(eve), values));
    });
}
