//! Proxies and accounts of several signers: whoever has fewer rights gains none.

use super::*;
use cloister_runtime::{configs::governance::proxies::ProxyType, Multisig, Proxy};
use frame_support::traits::InstanceFilter;
use sp_keyring::Sr25519Keyring::Charlie;
use sp_runtime::MultiAddress;

type Utility = pallet_utility::Call<Runtime>;
type Proxies = pallet_proxy::Call<Runtime>;

const TYPES: [ProxyType; 6] = [
    ProxyType::Any,
    ProxyType::NonTransfer,
    ProxyType::Governance,
    ProxyType::Trading,
    ProxyType::WayOut,
    ProxyType::CancelProxy,
];

fn bob() -> MultiAddress<AccountId, ()> {
    Bob.to_account_id().into()
}

fn transfer() -> RuntimeCall {
    pallet_balances::Call::transfer_all {
        dest: bob(),
        keep_alive: false,
    }
    .into()
}

/// Calls of the exchange and of governance, and those that move money or rights.
fn samples() -> Vec<RuntimeCall> {
    let add = Proxies::add_proxy {
        delegate: bob(),
        proxy_type: ProxyType::Any,
        delay: 0,
    };
    let mut samples = calls();
    samples.extend([
        transfer(),
        add.into(),
        Proxies::remove_proxies {}.into(),
        Proxies::reject_announcement {
            delegate: bob(),
            call_hash: Default::default(),
        }
        .into(),
        Proxies::proxy {
            real: bob(),
            force_proxy_type: None,
            call: Box::new(transfer()),
        }
        .into(),
        Utility::as_derivative {
            index: 0,
            call: Box::new(transfer()),
        }
        .into(),
        pallet_multisig::Call::as_multi_threshold_1 {
            other_signatories: vec![Bob.to_account_id()],
            call: Box::new(transfer()),
        }
        .into(),
        pallet_multisig::Call::approve_as_multi {
            threshold: 2,
            other_signatories: vec![Bob.to_account_id()],
            maybe_timepoint: None,
            call_hash: [0; 32],
            max_weight: Default::default(),
        }
        .into(),
        pallet_conviction_voting::Call::unlock {
            class: 0,
            target: bob(),
        }
        .into(),
        pallet_referenda::Call::refund_decision_deposit { index: 0 }.into(),
        pallet_preimage::Call::note_preimage { bytes: vec![] }.into(),
        pallet_treasury::Call::payout { index: 0 }.into(),
        pallet_treasury::Call::check_status { index: 0 }.into(),
        pallet_assets::Call::transfer {
            id: codec::Compact(1),
            target: bob(),
            amount: 1,
        }
        .into(),
    ]);
    samples
}

/// The calls among the samples that a proxy may make.
fn rights(of: ProxyType) -> BTreeSet<Name> {
    let samples = samples();
    samples.iter().filter(|call| of.filter(call)).map(name).collect()
}

#[test]
fn proxy_that_includes_another_should_have_all_its_rights() {
    on_local(|| {
        assert_eq!(
            ProxyType::default(),
            ProxyType::Any,
            "the default is the one with all rights"
        );
        for one in TYPES {
            for other in TYPES {
                let includes = rights(other).is_subset(&rights(one));
                if one.is_superset(&other) {
                    assert!(includes, "{one:?} and {other:?}");
                } else {
                    assert!(!includes, "{one:?} has all rights of {other:?} and is not said to");
                }
            }
        }
    });
}

#[test]
fn proxies_should_have_the_rights_of_their_names() {
    on_local(|| {
        let way_out = names(
            "Execution.close Execution.force_withdrawal Execution.take_back Execution.pay_back Execution.claim \
             Execution.pay_claim Execution.freeze Execution.fix_final_table Execution.exit Execution.settle_exits \
             Execution.pay_exit Execution.refund_item Execution.claim_credits Execution.report_custody",
        );
        let governance =
            names("Timelock.enact ConvictionVoting.unlock Referenda.refund_decision_deposit Preimage.note_preimage");
        let cancel = names("Proxy.reject_announcement");
        let trading = names("Execution.open Execution.deposit Execution.switch Execution.rekey");
        let treasury = names("Treasury.payout Treasury.check_status");
        let all = |sets: &[&BTreeSet<Name>]| -> BTreeSet<Name> { sets.iter().flat_map(|set| (*set).clone()).collect() };
        assert_eq!(rights(ProxyType::WayOut), way_out);
        assert_eq!(rights(ProxyType::Governance), governance);
        assert_eq!(rights(ProxyType::CancelProxy), cancel);
        assert_eq!(rights(ProxyType::Trading), all(&[&way_out, &trading]));
        assert_eq!(
            rights(ProxyType::NonTransfer),
            all(&[&way_out, &governance, &cancel, &treasury])
        );
        assert_eq!(rights(ProxyType::Any), samples().iter().map(name).collect());
    });
}

/// Every way in which a call can be inside another.
fn around(call: RuntimeCall) -> Vec<RuntimeCall> {
    let boxed = || Box::new(call.clone());
    let batch = Utility::batch {
        calls: vec![call.clone()],
    };
    vec![
        call.clone(),
        batch.clone().into(),
        Utility::batch_all {
            calls: vec![batch.into()],
        }
        .into(),
        Utility::force_batch {
            calls: vec![call.clone()],
        }
        .into(),
        Utility::if_else {
            main: boxed(),
            fallback: boxed(),
        }
        .into(),
        Utility::as_derivative {
            index: 0,
            call: boxed(),
        }
        .into(),
        pallet_multisig::Call::as_multi_threshold_1 {
            other_signatories: vec![Bob.to_account_id()],
            call: boxed(),
        }
        .into(),
        // Alice is Bob's proxy with all rights.
        Proxies::proxy {
            real: bob(),
            force_proxy_type: None,
            call: boxed(),
        }
        .into(),
    ]
}

#[test]
fn proxy_of_fewer_rights_should_move_nothing_and_give_nobody_a_right() {
    let add = |proxy_type| {
        RuntimeCall::from(Proxies::add_proxy {
            delegate: Charlie.to_account_id().into(),
            proxy_type,
            delay: 0,
        })
    };
    let harm = || {
        [
            transfer(),
            add(ProxyType::Any),
            add(ProxyType::Trading),
            Proxies::remove_proxies {}.into(),
        ]
    };
    for proxy_type in TYPES {
        on_local(|| {
            let (alice, charlie) = (Alice.to_account_id(), Charlie.to_account_id());
            assert_ok!(Proxy::add_proxy(
                signed(alice.clone()),
                charlie.clone().into(),
                proxy_type,
                0
            ));
            assert_ok!(Proxy::add_proxy(
                signed(Bob.to_account_id()),
                alice.clone().into(),
                ProxyType::Any,
                0
            ));
            let money = || {
                // Their own, what they have with others, and what derives from them.
                let several = Multisig::multi_account_id(&[Alice.to_account_id(), Bob.to_account_id()], 1);
                let accounts = [Alice.to_account_id(), Bob.to_account_id(), several];
                let rights = [Alice.to_account_id(), Bob.to_account_id()].map(Proxy::proxies);
                (accounts.map(cloister_runtime::Balances::free_balance), rights)
            };
            let several = Multisig::multi_account_id(&[alice.clone(), Bob.to_account_id()], 1);
            assert_ok!(cloister_runtime::Balances::transfer_keep_alive(
                signed(sp_keyring::Sr25519Keyring::Dave.to_account_id()),
                several.into(),
                ENDOWMENT / 10
            ));
            let before = money();
            let mut moved = false;
            for call in harm().into_iter().flat_map(around) {
                let through = Proxies::proxy {
                    real: alice.clone().into(),
                    force_proxy_type: None,
                    call: Box::new(call),
                };
                let through = RuntimeCall::from(through);
                let _ = frame_support::storage::with_storage_layer::<(), DispatchError, _>(|| {
                    let _ = through.clone().dispatch(signed(charlie.clone()));
                    moved |= money() != before;
                    assert!(
                        money() == before || proxy_type == ProxyType::Any,
                        "{proxy_type:?}: {through:?}"
                    );
                    Err(DispatchError::Other("rolled back"))
                });
            }
            assert_eq!(moved, proxy_type == ProxyType::Any, "{proxy_type:?}");
        });
    }
}

#[test]
fn proxy_of_the_way_out_should_ask_for_an_accounts_money_and_not_trade_it() {
    on_local(|| {
        let (alice, charlie) = (Alice.to_account_id(), Charlie.to_account_id());
        assert_ok!(Proxy::add_proxy(
            signed(alice.clone()),
            charlie.clone().into(),
            ProxyType::WayOut,
            0
        ));
        let answer = |call: Execute<Runtime>| {
            System::reset_events();
            let real = alice.clone().into();
            assert_ok!(Proxy::proxy(signed(charlie.clone()), real, None, Box::new(call.into())));
            let result = System::events().into_iter().find_map(|record| match record.event {
                RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
                _ => None,
            });
            result.expect("it says what came of it")
        };
        let (group, amount) = (groups::BTC, 1_000_000);
        let none = pallet_cloister_execution::Error::<Runtime>::NoAccount;
        assert_eq!(answer(Execute::force_withdrawal { group, amount }), Err(none.into()));
        let filtered = frame_system::Error::<Runtime>::CallFiltered;
        assert_eq!(answer(Execute::deposit { group, amount }), Err(filtered.into()));
    });
}
