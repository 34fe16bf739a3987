//! What widens waits, on every chain but a development chain; what narrows does not (C-NOTICE).

use crate::{
    cloister::NOW,
    genesis::{config, state},
    wrapped::submit,
};
use cloister_runtime::{
    configs::{
        cloister::{ActivationDelay, QueuePatience, SoftDeadline},
        notice::{Classes, LeastDelays, Lifetime},
    },
    constants::{money::SETTLEMENT_ASSET, time},
    genesis_presets::{groups, SEQUENCER, STAGING},
    BlockNumber, Execution, Oracle, OracleOperators, Risk, Runtime, RuntimeCall, RuntimeOrigin, System, Timelock,
    Verifier,
};
use codec::Encode;
use frame_support::{
    assert_noop, assert_ok,
    traits::{Get, Hooks, SortedMembers, UnfilteredDispatchable},
    BoundedVec,
};
use pallet_cloister_execution::{
    exit::FALLBACK_AFTER, BlockCounts, Error as ExecutionError, RegisteredAccount, SolvencyTerms, Terms, MAX_STOPPED,
};
use pallet_cloister_timelock::{Class, Classify, Delays, EnactedUpgrade, Error, Notices, MAX_CALL_BYTES};
use pallet_cloister_verifier::StatementKind;
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{
    traits::{BlakeTwo256, Dispatchable, Hash},
    BuildStorage, DispatchError,
    DispatchError::BadOrigin,
    DispatchResult, FixedU128,
};

type Call = pallet_cloister_timelock::Call<Runtime>;
type ExecutionCall = pallet_cloister_execution::Call<Runtime>;
type VerifierCall = pallet_cloister_verifier::Call<Runtime>;
type SequencersCall = pallet_cloister_sequencers::Call<Runtime>;
type RiskCall = pallet_cloister_risk::Call<Runtime>;
type Utility = pallet_utility::Call<Runtime>;
type SystemCall = frame_system::Call<Runtime>;

const DAY: BlockNumber = 24 * time::HOURS;

/// Runs a test on a chain for money after its first block.
fn on_local(test: impl FnOnce()) {
    state(STAGING).execute_with(|| {
        System::set_block_number(1);
        test();
    });
}

fn pass(blocks: BlockNumber) {
    System::set_block_number(System::block_number() + blocks);
}

fn announce(call: &RuntimeCall) -> DispatchResult {
    Timelock::announce(government(), Box::new(call.clone()))
}

fn enact(call: &RuntimeCall) -> Result<(), DispatchError> {
    let bob = RuntimeOrigin::signed(Bob.to_account_id());
    let enact = RuntimeCall::Timelock(Call::enact {
        call: Box::new(call.clone()),
    });
    enact.dispatch(bob).map(drop).map_err(|failure| failure.error)
}

/// The origin of whoever has won the highest vote.
pub fn government() -> RuntimeOrigin {
    cloister_runtime::offices::Origin::Government.into()
}

/// As government does it directly.
fn as_government(call: &RuntimeCall) -> Result<(), DispatchError> {
    let call = call.clone().dispatch(government());
    call.map(drop).map_err(|failure| failure.error)
}

/// As Root does it directly, past every filter.
fn as_root(call: &RuntimeCall) -> Result<(), DispatchError> {
    let call = call.clone().dispatch_bypass_filter(RuntimeOrigin::root());
    call.map(drop).map_err(|failure| failure.error)
}

fn verifying_key() -> RuntimeCall {
    let key = state(DEV_RUNTIME_PRESET).execute_with(|| Verifier::verifying_key(6).expect("exits").key);
    VerifierCall::set_verifying_key {
        id: 44,
        statement: StatementKind::Exit,
        development: false,
        key,
    }
    .into()
}

/// Calls that widen, with their classes, each good after the first block of a chain for money.
fn widening() -> Vec<(RuntimeCall, Class)> {
    let params = state(STAGING).execute_with(|| {
        let group = pallet_cloister_risk::Groups::<Runtime>::get(groups::BTC).expect("the group is there");
        (group.params, group.instruments[0].clone())
    });
    let (group_params, instrument) = params;
    let (group, accounts) = (groups::BTC, BoundedVec::truncate_from(vec![Bob.to_account_id()]));
    let custodians = BoundedVec::truncate_from(vec![Bob.to_account_id()]);
    vec![
        (
            RiskCall::set_group_params {
                group,
                params: group_params.clone(),
            }
            .into(),
            Class::Terms,
        ),
        (
            RiskCall::set_instrument_params {
                group,
                instrument_id: instrument.id,
                params: instrument.params.clone(),
            }
            .into(),
            Class::Terms,
        ),
        (RiskCall::set_table_grace { grace: 1_000 }.into(), Class::Terms),
        (
            RiskCall::set_settle_after {
                settle_after: 3_600_000,
            }
            .into(),
            Class::Terms,
        ),
        (
            RiskCall::set_jump_limit {
                group,
                jump_limit: 200_000,
            }
            .into(),
            Class::Terms,
        ),
        (
            pallet_asset_rate::Call::<Runtime>::create {
                asset_kind: Box::new(SETTLEMENT_ASSET),
                rate: FixedU128::from_u32(1),
            }
            .into(),
            Class::Terms,
        ),
        (
            ExecutionCall::set_queue_terms {
                group,
                terms: Terms::default(),
            }
            .into(),
            Class::Terms,
        ),
        (
            RiskCall::create_group {
                group: 9,
                params: group_params,
            }
            .into(),
            Class::Members,
        ),
        (
            ExecutionCall::set_group_enabled { group, enabled: true }.into(),
            Class::Members,
        ),
        (
            ExecutionCall::set_solvency_terms { group, terms: None }.into(),
            Class::Members,
        ),
        (
            SequencersCall::set_members {
                group,
                members: accounts,
            }
            .into(),
            Class::Members,
        ),
        (ExecutionCall::set_custodians { custodians }.into(), Class::Members),
        (
            pallet_membership::Call::<Runtime, pallet_membership::Instance1>::add_member {
                who: Bob.to_account_id().into(),
            }
            .into(),
            Class::Members,
        ),
        (
            pallet_assets::Call::<Runtime>::force_create {
                id: codec::Compact(7),
                owner: Bob.to_account_id().into(),
                is_sufficient: true,
                min_balance: 1,
            }
            .into(),
            Class::Members,
        ),
        (
            pallet_collator_selection::Call::<Runtime>::set_desired_candidates { max: 3 }.into(),
            Class::Members,
        ),
        (verifying_key(), Class::Keys),
        (
            Call::set_delays {
                delays: Delays {
                    keys_and_code: 60 * DAY,
                    ..LeastDelays::get()
                },
            }
            .into(),
            Class::Keys,
        ),
    ]
}

#[test]
fn widening_should_wait_for_its_class_and_neither_root_nor_government_should_be_faster() {
    let delays = [(Class::Terms, DAY), (Class::Members, 3 * DAY), (Class::Keys, 14 * DAY)];
    for (call, class) in widening() {
        on_local(|| {
            if matches!(&call, RuntimeCall::OracleOperators(_)) {
                pallet_membership::Members::<Runtime, pallet_membership::Instance1>::kill();
            }
            assert_eq!(Classes::class_of(&call), Some(class), "{call:?}");
            assert_eq!(as_root(&call), Err(BadOrigin), "{call:?}");
            assert_eq!(as_government(&call), Err(BadOrigin), "{call:?}");
            assert_ok!(announce(&call));
            let delay = delays.iter().find(|(of, _)| *of == class).expect("three classes").1;
            pass(delay - 1);
            assert_eq!(enact(&call), Err(Error::<Runtime>::NotDue.into()), "{call:?}");
            pass(1);
            assert_eq!(enact(&call), Ok(()), "{call:?}");
            assert_eq!(enact(&call), Err(Error::<Runtime>::NotAnnounced.into()));
        });
        // On a development chain Root waits for nothing.
        state(DEV_RUNTIME_PRESET).execute_with(|| {
            System::set_block_number(1);
            if matches!(&call, RuntimeCall::OracleOperators(_)) {
                assert_eq!(OracleOperators::sorted_members().len(), 1);
            }
            assert_eq!(as_root(&call), Ok(()), "{call:?}");
        });
    }
}

#[test]
fn narrowing_should_need_no_notice() {
    let group = groups::BTC;
    let narrowing: [RuntimeCall; 3] = [
        ExecutionCall::set_group_enabled { group, enabled: false }.into(),
        SequencersCall::set_members {
            group,
            members: BoundedVec::truncate_from(vec![SEQUENCER.to_account_id()]),
        }
        .into(),
        RiskCall::set_instrument_status {
            group,
            instrument_id: 1,
            status: cloister_risk::Status::CloseOnly,
        }
        .into(),
    ];
    for call in narrowing {
        on_local(|| {
            // A forged Root governs nothing on a chain for money.
            assert_eq!(as_root(&call), Err(BadOrigin), "{call:?}");
            assert_eq!(as_government(&call), Ok(()), "{call:?}");
        });
    }
}

#[test]
fn call_inside_another_should_wait_as_long_as_it_would_alone() {
    let keys = verifying_key();
    let terms: RuntimeCall = RiskCall::set_table_grace { grace: 1_000 }.into();
    let class = |call: pallet_utility::Call<Runtime>| Classes::class_of(&call.into());
    let calls = || vec![terms.clone(), keys.clone()];
    for call in [
        Utility::batch { calls: calls() },
        Utility::batch_all { calls: calls() },
        Utility::force_batch { calls: calls() },
        Utility::if_else {
            main: Box::new(terms.clone()),
            fallback: Box::new(keys.clone()),
        },
        Utility::as_derivative {
            index: 0,
            call: Box::new(terms.clone()),
        },
    ] {
        assert_eq!(class(call), Some(Class::Keys));
    }
    let calls = vec![terms.clone()];
    assert_eq!(class(Utility::batch_all { calls: calls.clone() }), Some(Class::Terms));
    // A notice of a notice, however deep.
    let nested = RuntimeCall::Timelock(Call::enact { call: Box::new(terms) });
    let inner = RuntimeCall::Utility(Utility::batch { calls: vec![nested] });
    assert_eq!(class(Utility::batch { calls: vec![inner] }), None);
    on_local(|| {
        let batch = Utility::batch_all { calls }.into();
        assert_ok!(announce(&batch));
        pass(DAY);
        assert_ok!(enact(&batch));
        assert_eq!(pallet_cloister_risk::TableGrace::<Runtime>::get(), 1_000);
    });
}

#[test]
fn call_that_nobody_has_classified_should_wait_longest() {
    for call in [
        RuntimeCall::System(SystemCall::remark { remark: vec![] }),
        RuntimeCall::Balances(pallet_balances::Call::force_adjust_total_issuance {
            direction: pallet_balances::AdjustmentDirection::Increase,
            delta: 1,
        }),
        RuntimeCall::Sudo(pallet_sudo::Call::remove_key {}),
        RuntimeCall::Timelock(Call::withdraw {
            call: Box::new(RiskCall::set_table_grace { grace: 1_000 }.into()),
        }),
        RuntimeCall::Multisig(pallet_multisig::Call::as_multi_threshold_1 {
            other_signatories: vec![Bob.to_account_id()],
            call: Box::new(RiskCall::set_table_grace { grace: 1_000 }.into()),
        }),
        RuntimeCall::Proxy(pallet_proxy::Call::proxy {
            real: Bob.to_account_id().into(),
            force_proxy_type: None,
            call: Box::new(RiskCall::set_table_grace { grace: 1_000 }.into()),
        }),
    ] {
        assert_eq!(Classes::class_of(&call), Some(Class::Keys));
    }
    let terms = SolvencyTerms {
        max_round_age: 3_600_000,
        freeze_after: 3_600_000,
    };
    let set = ExecutionCall::set_solvency_terms {
        group: groups::BTC,
        terms: Some(terms),
    };
    assert_eq!(Classes::class_of(&set.into()), Some(Class::Terms));
}

#[test]
fn batch_should_not_be_settled_by_notice() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        assert_ok!(announce(&submit()));
        assert_eq!(enact(&submit()), Err(ExecutionError::<Runtime>::WrappedBatch.into()));
    });
}

#[test]
fn announced_call_should_be_due_at_once_on_a_development_chain() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        let call = verifying_key();
        assert_ok!(announce(&call));
        assert_ok!(enact(&call));
    });
}

#[test]
fn notice_should_expire_and_be_withdrawn() {
    on_local(|| {
        let call: RuntimeCall = RiskCall::set_table_grace { grace: 1_000 }.into();
        assert_ok!(announce(&call));
        pass(DAY + <Lifetime as Get<BlockNumber>>::get() + 1);
        assert_eq!(enact(&call), Err(Error::<Runtime>::NoticeExpired.into()));
        let hash = Timelock::hash_of(&call);
        let bob = RuntimeOrigin::signed(Bob.to_account_id());
        let boxed = || Box::new(call.clone());
        assert_noop!(Timelock::withdraw(bob, boxed()), BadOrigin);
        assert_noop!(Timelock::withdraw(RuntimeOrigin::root(), boxed()), BadOrigin);
        assert_ok!(Timelock::withdraw(government(), boxed()));
        assert!(!Notices::<Runtime>::contains_key(hash));
    });
}

#[test]
fn genesis_for_money_should_have_delays_and_no_sudo_key() {
    let starts = |change: &dyn Fn(&mut cloister_runtime::RuntimeGenesisConfig)| {
        let mut config = config(STAGING);
        change(&mut config);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| config.build_storage().map(drop))).is_ok()
    };
    assert!(starts(&|_| {}));
    assert!(!starts(&|config| config.sudo.key = Some(Alice.to_account_id())));
    assert!(!starts(&|config| config.timelock.delays = Some(Delays::default())));
    let short = Delays {
        keys_and_code: 14 * DAY - 1,
        ..LeastDelays::get()
    };
    assert!(!starts(&|config| config.timelock.delays = Some(short)));
    assert!(starts(&|config| config.timelock.delays = Some(LeastDelays::get())));
    // What makes a development chain is one flag of its genesis.
    assert!(starts(&|config| {
        config.verifier.development = true;
        config.sudo.key = Some(Alice.to_account_id());
        config.timelock.delays = Some(Delays::default());
    }));
}

#[test]
fn code_should_be_replaced_by_an_enacted_upgrade_only() {
    on_local(|| {
        let code = vec![7; 64];
        let set = |code: &[u8]| {
            let set = System::set_code_without_checks(RuntimeOrigin::root(), code.to_vec());
            set.map(drop).map_err(|failure| failure.error)
        };
        assert_eq!(set(&code), Err(Error::<Runtime>::UpgradeNotEnacted.into()));
        // Authorised by Root, announced by nobody.
        let code_hash = BlakeTwo256::hash(&code);
        let authorize = SystemCall::authorize_upgrade_without_checks { code_hash };
        assert_eq!(as_root(&authorize.into()), Ok(()));
        let apply = RuntimeCall::System(SystemCall::apply_authorized_upgrade { code: code.clone() });
        let bob = RuntimeOrigin::signed(Bob.to_account_id());
        let applied = apply.dispatch(bob).map(drop).map_err(|failure| failure.error);
        assert_eq!(applied, Err(Error::<Runtime>::UpgradeNotEnacted.into()));
        let upgrade = RuntimeCall::System(SystemCall::authorize_upgrade { code_hash });
        assert_ok!(announce(&upgrade));
        pass(14 * DAY - 1);
        assert_eq!(enact(&upgrade), Err(Error::<Runtime>::NotDue.into()));
        pass(1);
        assert_ok!(enact(&upgrade));
        assert_eq!(EnactedUpgrade::<Runtime>::get(), Some(code_hash));
        assert_eq!(set(&[8; 64]), Err(Error::<Runtime>::UpgradeNotEnacted.into()));
        assert_eq!(set(&code), Ok(()));
        assert_eq!(sp_io::storage::get(b":code"), Some(code.into()));
    });
}

/// Puts an open account of Bob's into the first group, with money for the fee.
fn open_account() {
    let (group, bob) = (groups::BTC, Bob.to_account_id());
    pallet_cloister_execution::Indices::<Runtime>::insert(group, &bob, 0);
    pallet_cloister_execution::Accounts::<Runtime>::insert(
        group,
        0,
        RegisteredAccount {
            owner: bob,
            opened: true,
            deposited: 0,
            record: None,
        },
    );
    let mut counts = BlockCounts::default();
    counts.0[0] = 1;
    pallet_cloister_execution::OpenAccounts::<Runtime>::insert(group, 0, counts);
    pallet_cloister_execution::Groups::<Runtime>::mutate(group, |state| {
        if let Some(state) = state {
            state.next_index = 1;
        }
    });
}

#[test]
fn way_out_should_be_shorter_than_the_notice_of_a_key() {
    on_local(|| {
        let delays = LeastDelays::get().keys_and_code + <ActivationDelay as Get<BlockNumber>>::get();
        let notice = u64::from(delays) * time::SLOT_MILLISECONDS;
        // A forced withdrawal falls due, waits for a day and through all pauses that stop the clock, of two windows
        // that meet; then the group is frozen, the oracle is dead besides, and the table is fixed after the fallback.
        let way_out = SoftDeadline::get() + QueuePatience::get() + 2 * MAX_STOPPED + FALLBACK_AFTER;
        assert!(way_out < notice, "{way_out} of {notice}");
    });
}

#[test]
fn trader_should_be_out_before_a_bad_key_is_active() {
    on_local(|| {
        let (group, bob) = (groups::BTC, Bob.to_account_id());
        let step = 60_000;
        let mut now = NOW;
        pallet_timestamp::Now::<Runtime>::put(now);
        pallet_cloister_execution::QueueClocks::<Runtime>::mutate(group, |clock| {
            if let Some(clock) = clock {
                clock.stops.window_from = now;
            }
        });
        open_account();
        let bad = verifying_key();
        assert_ok!(announce(&bad));
        let due = System::block_number() + 14 * DAY;
        // Governance disables the group as well, and nobody feeds prices.
        assert_ok!(Execution::set_group_enabled(government(), group, false));
        let signed = || RuntimeOrigin::signed(bob.clone());
        assert_ok!(Execution::force_withdrawal(signed(), group, 1_000));
        let mut step_by = |blocks: u64| {
            for _ in 0..blocks {
                now += step;
                pallet_timestamp::Now::<Runtime>::put(now);
                pass((step / time::SLOT_MILLISECONDS) as BlockNumber);
                Execution::on_initialize(System::block_number());
            }
        };
        let due_in = SoftDeadline::get() + QueuePatience::get() + MAX_STOPPED;
        step_by(due_in / step - 1);
        assert_noop!(
            Execution::freeze(signed(), group),
            ExecutionError::<Runtime>::NoSolvencyTerms
        );
        step_by(2);
        assert_ok!(Execution::freeze(signed(), group));
        step_by(FALLBACK_AFTER / step + 1);
        // There was never a price on this chain: a table is recorded for the test.
        record_table(group);
        assert_ok!(Execution::fix_final_table(signed(), group));
        // Past every pause: what is missing is the key of this test's chain, which has none.
        let exit = Execution::exit(signed(), group, 44, 0, Box::new([0; 192]));
        assert_eq!(exit, Err(ExecutionError::<Runtime>::UnknownKey.into()));
        assert!(System::block_number() < due, "{} of {due}", System::block_number());
        assert_eq!(enact(&bad), Err(Error::<Runtime>::NotDue.into()));
        // Whoever enacts it as soon as it is due has no active key for a day more.
        System::set_block_number(due);
        assert_ok!(enact(&bad));
        assert_eq!(
            Execution::exit(signed(), group, 44, 0, Box::new([0; 192])),
            Err(ExecutionError::<Runtime>::KeyNotActive.into())
        );
        assert_eq!(Verifier::verifying_key(44).map(|key| key.active_at), Some(due + DAY));
    });
}

/// Has the oracle's operators feed prices once, and a table built.
fn record_table(group: u32) {
    use cloister_runtime::{configs::oracle::FeedValue, genesis_presets::feeds};
    let price = FeedValue::from_u32(60_000);
    for operator in OracleOperators::sorted_members() {
        let values = BoundedVec::truncate_from(vec![(feeds::BTC_INDEX, price), (feeds::BTC_PERPETUAL, price)]);
        assert_ok!(Oracle::feed_values(RuntimeOrigin::signed(operator), values));
    }
    assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(Alice.to_account_id()), group));
}

#[test]
fn verifying_key_should_fit_into_a_notice() {
    assert!(verifying_key().encoded_size() < MAX_CALL_BYTES as usize);
}
