//! Tests on the mock runtime.

use crate::{
    mock::*, Class, Delays, Error, Event, GovernedDelays, Notice, Notices, Origin, WeightInfo, MAX_CALL_BYTES,
    MAX_NOTICES,
};
use polkadot_sdk::{
    frame_support::{assert_err, assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo},
    frame_system, pallet_utility,
    sp_core::H256,
    sp_runtime::{
        traits::{BlakeTwo256, Hash},
        BuildStorage, DispatchError,
        DispatchError::BadOrigin,
        DispatchResult,
    },
};

type SystemCall = frame_system::Call<Test>;

/// A call of the shortest class that anybody may make.
fn harmless(number: u32) -> RuntimeCall {
    // An enacted call is not signed: it fails, so nothing here is done by it.
    SystemCall::remark {
        remark: number.to_le_bytes().to_vec(),
    }
    .into()
}

fn set_delays(delays: Delays<u64>) -> RuntimeCall {
    crate::Call::set_delays { delays }.into()
}

fn longer() -> Delays<u64> {
    Delays {
        terms: 11,
        members: 31,
        keys_and_code: 71,
    }
}

fn announce(call: &RuntimeCall) -> DispatchResult {
    Timelock::announce(RuntimeOrigin::signed(ANNOUNCER), Box::new(call.clone()))
}

fn enact(call: &RuntimeCall) -> DispatchResultWithPostInfo {
    Timelock::enact(RuntimeOrigin::signed(BOB), Box::new(call.clone()))
}

/// Announces a call and has it enacted as soon as that may be.
fn through(call: &RuntimeCall) -> DispatchResultWithPostInfo {
    assert_ok!(announce(call));
    pass(LEAST.keys_and_code);
    enact(call)
}

#[test]
fn call_should_be_enacted_by_anyone_once_it_is_due() {
    on_genesis(|| {
        let call = set_delays(longer());
        let hash = Timelock::hash_of(&call);
        assert_noop!(enact(&call), Error::<Test>::NotAnnounced);
        assert_noop!(
            Timelock::announce(RuntimeOrigin::signed(BOB), Box::new(call.clone())),
            BadOrigin
        );
        assert_ok!(announce(&call));
        let due = 1 + LEAST.keys_and_code;
        assert_eq!(
            Notices::<Test>::get(hash),
            Some(Notice {
                class: Class::Keys,
                announced_at: 1,
                due
            })
        );
        pass(LEAST.keys_and_code - 1);
        assert_noop!(enact(&call), Error::<Test>::NotDue);
        pass(1);
        assert_noop!(
            Timelock::enact(RuntimeOrigin::none(), Box::new(call.clone())),
            BadOrigin
        );
        let done = enact(&call).unwrap();
        assert_eq!(done.pays_fee, polkadot_sdk::frame_support::dispatch::Pays::No);
        assert_eq!(Timelock::delays(), longer());
        assert_eq!(
            events(),
            [
                Event::Announced {
                    call_hash: hash,
                    class: Class::Keys,
                    due
                },
                Event::DelaysSet { delays: longer() },
                Event::Enacted { call_hash: hash }
            ]
        );
        // Once.
        assert_noop!(enact(&call), Error::<Test>::NotAnnounced);
    });
}

#[test]
fn each_class_should_wait_for_its_delay() {
    for (call, class, delay) in [
        (
            RuntimeCall::from(SystemCall::remark_with_event { remark: vec![] }),
            Class::Terms,
            LEAST.terms,
        ),
        (harmless(0), Class::Members, LEAST.members),
        (set_delays(longer()), Class::Keys, LEAST.keys_and_code),
    ] {
        on_genesis(|| {
            assert_ok!(announce(&call));
            let notice = Notices::<Test>::get(Timelock::hash_of(&call)).unwrap();
            assert_eq!((notice.class, notice.due), (class, 1 + delay));
        });
    }
}

#[test]
fn call_should_be_withdrawn_at_once() {
    on_genesis(|| {
        let call = set_delays(longer());
        let hash = Timelock::hash_of(&call);
        let withdraw = |who| Timelock::withdraw(RuntimeOrigin::signed(who), Box::new(call.clone()));
        assert_noop!(withdraw(ANNOUNCER), Error::<Test>::NotAnnounced);
        assert_ok!(announce(&call));
        assert_noop!(withdraw(BOB), BadOrigin);
        assert_ok!(withdraw(ANNOUNCER));
        assert_eq!(events().last(), Some(&Event::Withdrawn { call_hash: hash }));
        pass(LEAST.keys_and_code);
        assert_noop!(enact(&call), Error::<Test>::NotAnnounced);
    });
}

#[test]
fn whoever_has_a_field_should_announce_and_withdraw_nothing_else() {
    on_genesis(|| {
        let terms = RuntimeCall::from(SystemCall::remark_with_event { remark: vec![] });
        let keys = set_delays(longer());
        let of_terms = || RuntimeOrigin::signed(OF_TERMS);
        assert_noop!(Timelock::announce(of_terms(), Box::new(keys.clone())), BadOrigin);
        assert_ok!(announce(&keys));
        assert_noop!(Timelock::withdraw(of_terms(), Box::new(keys)), BadOrigin);
        // What others have announced of the same field may be withdrawn too.
        for by in [OF_TERMS, ANNOUNCER] {
            assert_ok!(Timelock::announce(RuntimeOrigin::signed(by), Box::new(terms.clone())));
            assert_ok!(Timelock::withdraw(of_terms(), Box::new(terms.clone())));
        }
        assert_noop!(
            Timelock::withdraw(of_terms(), Box::new(terms)),
            Error::<Test>::NotAnnounced
        );
    });
}

#[test]
fn withdrawal_should_weigh_the_bytes_of_its_call() {
    type Measured = crate::weights::SubstrateWeight<Test>;
    let of = crate::weights::of_withdrawal::<Measured>;
    let per_byte = |bytes| Measured::announce(bytes) - Measured::announce(0);
    assert_eq!(of(0), Measured::withdraw());
    assert_eq!(of(MAX_CALL_BYTES), Measured::withdraw() + per_byte(MAX_CALL_BYTES));
    assert!(of(MAX_CALL_BYTES).ref_time() > of(0).ref_time());
}

#[test]
fn call_should_expire_and_may_be_announced_again() {
    on_genesis(|| {
        let call = set_delays(longer());
        assert_ok!(announce(&call));
        assert_noop!(announce(&call), Error::<Test>::AlreadyAnnounced);
        pass(LEAST.keys_and_code + 30);
        assert_noop!(announce(&call), Error::<Test>::AlreadyAnnounced);
        pass(1);
        assert_noop!(enact(&call), Error::<Test>::NoticeExpired);
        assert_ok!(announce(&call));
        assert_noop!(enact(&call), Error::<Test>::NotDue);
        pass(LEAST.keys_and_code);
        assert_ok!(enact(&call));
    });
}

#[test]
fn call_that_fails_should_stay_announced() {
    on_genesis(|| {
        // An enacted call is of nobody's account.
        let call = RuntimeCall::from(SystemCall::remark_with_event { remark: vec![1] });
        assert_ok!(announce(&call));
        pass(LEAST.terms);
        let hash = Timelock::hash_of(&call);
        assert_noop!(enact(&call).map_err(|failure| failure.error), BadOrigin);
        assert!(Notices::<Test>::contains_key(hash));
        assert!(!events().contains(&Event::Enacted { call_hash: hash }));
    });
}

#[test]
fn notice_of_a_notice_should_be_refused() {
    on_genesis(|| {
        let inner = Box::new(set_delays(longer()));
        for call in [
            RuntimeCall::from(crate::Call::announce { call: inner.clone() }),
            RuntimeCall::from(crate::Call::enact { call: inner }),
        ] {
            assert_noop!(announce(&call), Error::<Test>::NoticeOfNotice);
        }
    });
}

#[test]
fn notices_should_be_bounded() {
    on_genesis(|| {
        let large = |bytes: u32| {
            RuntimeCall::from(SystemCall::remark {
                remark: vec![0; bytes as usize],
            })
        };
        assert_noop!(announce(&large(MAX_CALL_BYTES)), Error::<Test>::CallTooLarge);
        // Pallet, call and four bytes of length come before the bytes of the remark.
        assert_ok!(announce(&large(MAX_CALL_BYTES - 6)));
        for number in 1..MAX_NOTICES {
            assert_ok!(announce(&harmless(number)));
        }
        assert_noop!(announce(&harmless(MAX_NOTICES)), Error::<Test>::TooManyNotices);
    });
}

#[test]
fn class_that_has_changed_should_be_refused() {
    on_genesis(|| {
        let call = RuntimeCall::from(SystemCall::remark_with_event { remark: vec![] });
        assert_ok!(announce(&call));
        pass(LEAST.terms);
        Graver::set(true);
        assert_noop!(enact(&call), Error::<Test>::ClassChanged);
        Graver::set(false);
    });
}

#[test]
fn enacted_call_should_pass_the_filter_of_calls() {
    on_genesis(|| {
        let call = RuntimeCall::from(SystemCall::set_heap_pages { pages: 8 });
        let filtered: DispatchError = frame_system::Error::<Test>::CallFiltered.into();
        assert_eq!(through(&call).unwrap_err().error, filtered);
    });
}

#[test]
fn batch_should_carry_the_origin_of_what_was_announced() {
    on_genesis(|| {
        let calls = vec![set_delays(longer())];
        assert_ok!(through(&pallet_utility::Call::batch_all { calls }.into()));
        assert_eq!(Timelock::delays(), longer());
    });
}

#[test]
fn delays_should_be_set_by_an_enacted_call_only() {
    on_genesis(|| {
        for origin in [
            RuntimeOrigin::root(),
            RuntimeOrigin::signed(ANNOUNCER),
            RuntimeOrigin::none(),
        ] {
            assert_noop!(Timelock::set_delays(origin, longer()), BadOrigin);
        }
        let set = |terms, members, keys| {
            Timelock::set_delays(
                Origin::Enacted.into(),
                Delays {
                    terms,
                    members,
                    keys_and_code: keys,
                },
            )
        };
        for (terms, members, keys) in [
            (9, 30, 70),
            (10, 29, 70),
            (10, 30, 69),
            (31, 30, 70),
            (10, 71, 70),
            (10, 30, 101),
        ] {
            assert_noop!(set(terms, members, keys), Error::<Test>::DelaysOutOfBounds);
        }
        assert_ok!(set(10, 30, 100));
        assert_ok!(set(10, 30, 70));
    });
}

#[test]
fn stored_delay_should_count_for_nothing_below_the_shortest() {
    on_genesis(|| {
        GovernedDelays::<Test>::put(Delays::<u64>::default());
        assert_eq!(Timelock::delays(), LEAST);
        Development::set(true);
        assert_eq!(Timelock::delays(), Delays::default());
        Development::set(false);
        GovernedDelays::<Test>::kill();
    });
}

#[test]
fn new_delay_should_count_for_what_is_announced_later() {
    on_genesis(|| {
        let (first, second) = (harmless(1), harmless(2));
        assert_ok!(announce(&first));
        assert_ok!(Timelock::set_delays(Origin::Enacted.into(), longer()));
        assert_ok!(announce(&second));
        let due = |call| Notices::<Test>::get(Timelock::hash_of(call)).unwrap().due;
        assert_eq!((due(&first), due(&second)), (1 + LEAST.members, 1 + longer().members));
    });
}

#[test]
fn code_should_be_that_of_an_enacted_upgrade() {
    on_genesis(|| {
        let code = vec![1, 2, 3];
        let set = |code: &[u8]| {
            System::set_code_without_checks(RuntimeOrigin::root(), code.to_vec()).map_err(|failure| failure.error)
        };
        assert_noop!(set(&code), Error::<Test>::UpgradeNotEnacted);
        // Authorised by Root, and announced by nobody.
        let code_hash: H256 = BlakeTwo256::hash(&code);
        let apply = |code: &[u8]| System::apply_authorized_upgrade(RuntimeOrigin::signed(BOB), code.to_vec()).map(drop);
        assert_ok!(System::authorize_upgrade_without_checks(
            RuntimeOrigin::root(),
            code_hash
        ));
        assert_err!(
            apply(&code).map_err(|failure| failure.error),
            Error::<Test>::UpgradeNotEnacted
        );
        assert_ok!(through(&SystemCall::authorize_upgrade { code_hash }.into()));
        assert_noop!(set(&[1, 2, 4]), Error::<Test>::UpgradeNotEnacted);
        assert_ok!(set(&code));
        assert_eq!(Code::get(), code);
        // Once.
        assert_noop!(set(&code), Error::<Test>::UpgradeNotEnacted);
        Development::set(true);
        assert_ok!(set(&[9]));
        Development::set(false);
    });
}

#[test]
fn upgrade_without_checks_should_not_be_enacted() {
    on_genesis(|| {
        let code_hash = H256::repeat_byte(1);
        let call = SystemCall::authorize_upgrade_without_checks { code_hash };
        assert_eq!(through(&call.into()).unwrap_err().error, BadOrigin);
    });
}

#[test]
fn shorter_delays_should_start_on_a_development_chain_only() {
    let none = Some(Delays::default());
    Development::set(true);
    genesis(none).build_storage().unwrap();
    Development::set(false);
    let refused = std::panic::catch_unwind(|| genesis(none).build_storage().map(drop));
    assert!(refused.is_err());
    genesis(Some(longer())).build_storage().unwrap();
}

#[test]
#[should_panic(expected = "only a development chain has a way around notices")]
fn genesis_with_a_way_around_should_not_start() {
    Bypass::set(true);
    let _ = genesis(None).build_storage();
}

#[test]
fn way_around_should_be_allowed_on_a_development_chain() {
    Bypass::set(true);
    Development::set(true);
    genesis(None).build_storage().unwrap();
}
