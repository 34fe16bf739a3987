//! What a pause stops, for how long, and that everything else goes on (C-PAUSE).

use super::*;
use cloister_runtime::{
    configs::governance::{
        pausing::{is_stoppable, NeverPaused, SAFE_MODE, STOPPABLE},
        LongestPause, LookEvery,
    },
    Offices, SafeMode, TxPause,
};
use frame_support::{
    traits::{Contains, Get, GetCallMetadata},
    BoundedVec,
};
use pallet_safe_mode::Call as Safe;
use pallet_tx_pause::{Call as Pause, PausedCalls, RuntimeCallNameOf};

/// What may be stopped.
const MAY_BE_STOPPED: &str = "Assets.mint Execution.open Treasury.payout Treasury.spend";

/// What goes on whatever governs, by pallet: a call that is in neither list fails the test, so whoever adds one says
/// whether it may be stopped.
const GOES_ON: &[(&str, &str)] = &[
    (
        "System",
        "remark set_heap_pages set_code set_code_without_checks set_storage kill_storage kill_prefix remark_with_event \
         authorize_upgrade authorize_upgrade_without_checks apply_authorized_upgrade",
    ),
    ("Timestamp", "set"),
    (
        "Grandpa",
        "report_equivocation report_equivocation_unsigned note_stalled",
    ),
    // Validators come and go whatever governs.
    ("Session", "set_keys purge_keys"),
    (
        "CollatorSelection",
        "set_invulnerables set_desired_candidates set_candidacy_bond register_as_candidate leave_intent add_invulnerable \
         remove_invulnerable update_bond take_candidate_slot",
    ),
    (
        "Balances",
        "transfer_allow_death force_transfer transfer_keep_alive transfer_all force_unreserve upgrade_accounts \
         force_set_balance force_adjust_total_issuance burn",
    ),
    (
        "Assets",
        "create force_create start_destroy destroy_accounts destroy_approvals finish_destroy burn transfer \
         transfer_keep_alive force_transfer freeze thaw freeze_asset thaw_asset transfer_ownership set_team \
         set_metadata clear_metadata force_set_metadata force_clear_metadata force_asset_status approve_transfer \
         cancel_approval force_cancel_approval transfer_approved touch refund set_min_balance touch_other refund_other \
         block transfer_all set_reserves",
    ),
    ("AssetRate", "create update remove"),
    (
        "Utility",
        "batch as_derivative batch_all dispatch_as force_batch with_weight if_else dispatch_as_fallible",
    ),
    ("Sudo", "sudo sudo_unchecked_weight set_key sudo_as remove_key"),
    (
        "Preimage",
        "note_preimage unnote_preimage request_preimage unrequest_preimage ensure_updated",
    ),
    (
        "Scheduler",
        "schedule cancel schedule_named cancel_named schedule_after schedule_named_after set_retry set_retry_named \
         cancel_retry cancel_retry_named",
    ),
    (
        "ConvictionVoting",
        "vote delegate undelegate unlock remove_vote remove_other_vote",
    ),
    (
        "Referenda",
        "submit place_decision_deposit refund_decision_deposit cancel kill nudge_referendum one_fewer_deciding \
         refund_submission_deposit set_metadata",
    ),
    ("Treasury", "spend_local remove_approval check_status void_spend"),
    ("TxPause", "pause unpause"),
    (
        "SafeMode",
        "enter force_enter extend force_extend force_exit force_slash_deposit release_deposit force_release_deposit",
    ),
    (
        "OracleOperators",
        "add_member remove_member swap_member reset_members change_key set_prime clear_prime",
    ),
    ("Oracle", "feed_values"),
    (
        "Multisig",
        "as_multi_threshold_1 as_multi approve_as_multi cancel_as_multi poke_deposit",
    ),
    (
        "Proxy",
        "proxy add_proxy remove_proxy remove_proxies create_pure kill_pure announce remove_announcement \
         reject_announcement proxy_announced poke_deposit",
    ),
    ("Verifier", "set_verifying_key remove_verifying_key"),
    (
        "Sequencers",
        "set_members set_seal_key set_take_over set_transport_key hand_over propose_seal_key confirm_seal_key",
    ),
    (
        "Bonds",
        "set_terms bond unbond withdraw_unbonded report_receipts begin_series report_cancel",
    ),
    (
        "Risk",
        "create_group set_group_params list_instrument set_instrument_params set_instrument_status \
         set_instrument_feeds refresh_table \
         set_table_grace set_settle_after set_jump_limit",
    ),
    (
        "Execution",
        "create_group set_group_enabled deposit submit_batch claim submit_batches switch close force_withdrawal rekey \
         rekey_house set_queue_terms pay_insurance take_insurance submit_solvency set_solvency_terms pay_claim freeze \
         choose_final_table fix_final_table exit settle_exits pay_exit refund_item release_rest set_payout_terms \
         claim_credits claim_share set_custodians report_custody restore_custody take_back pay_back",
    ),
    ("Timelock", "announce enact withdraw set_delays"),
];

fn all_calls() -> BTreeSet<Name> {
    let pallets = RuntimeCall::get_module_names().iter();
    pallets
        .flat_map(|pallet| {
            let calls = RuntimeCall::get_call_names(pallet).iter();
            calls.map(|call| (pallet.to_string(), call.to_string()))
        })
        .collect()
}

fn full_name((pallet, call): &Name) -> RuntimeCallNameOf<Runtime> {
    let part = |text: &String| BoundedVec::try_from(text.as_bytes().to_vec()).expect("a short name");
    (part(pallet), part(call))
}

fn pause(office: Office, of: &Name) -> Result<(), DispatchError> {
    act(
        office,
        Pause::pause {
            full_name: full_name(of),
        },
    )
}

fn mint() -> Name {
    ("Assets".into(), "mint".into())
}

#[test]
fn every_call_of_the_metadata_should_say_whether_it_may_be_stopped() {
    let stopped = names(MAY_BE_STOPPED);
    let listed: BTreeSet<Name> = STOPPABLE
        .iter()
        .map(|(of, call)| (of.to_string(), call.to_string()))
        .collect();
    assert_eq!(stopped, listed);
    let mut goes_on = BTreeSet::new();
    for (pallet, calls) in GOES_ON {
        for call in calls.split_whitespace() {
            assert!(
                goes_on.insert((pallet.to_string(), call.to_string())),
                "{pallet}.{call} is listed twice"
            );
        }
    }
    let known: BTreeSet<Name> = stopped.union(&goes_on).cloned().collect();
    let nothing: Vec<&Name> = Vec::new();
    assert_eq!(all_calls().difference(&known).collect::<Vec<_>>(), nothing);
    assert_eq!(known.difference(&all_calls()).collect::<Vec<_>>(), nothing);
    for of in &goes_on {
        assert!(!is_stoppable(of.0.as_bytes(), of.1.as_bytes()), "{of:?}");
    }
    // Every name can be asked about: one that is too long would count as paused.
    assert!(known
        .iter()
        .all(|(pallet, call)| pallet.len() <= 64 && call.len() <= 64));
}

#[test]
fn pause_should_be_refused_by_name_of_everything_that_goes_on() {
    on_local(|| {
        let stopped = names(MAY_BE_STOPPED);
        for of in all_calls() {
            for office in OFFICES {
                let may = [Office::Government, Office::RiskAdmin, Office::EmergencyPause].contains(&office);
                let expected = match (may, stopped.contains(&of)) {
                    (false, _) => Err(DispatchError::BadOrigin),
                    (true, false) => Err(pallet_tx_pause::Error::<Runtime>::Unpausable.into()),
                    (true, true) => Ok(()),
                };
                assert_eq!(pause(office, &of), expected, "{of:?} by {office:?}");
                PausedCalls::<Runtime>::remove(full_name(&of));
            }
        }
        // Nor what there is not.
        let unknown = ("Execution".to_string(), "opens".to_string());
        let refused = pallet_tx_pause::Error::<Runtime>::Unpausable;
        assert_eq!(pause(Office::EmergencyPause, &unknown), Err(refused.into()));
    });
}

/// Every call of the exchange meets the same answer while everything is paused that can be.
#[test]
fn what_goes_on_should_go_on_while_everything_is_paused() {
    // What a call does is rolled back; its answer stays.
    fn run(call: &RuntimeCall) -> Result<(), DispatchError> {
        let who = sp_keyring::Sr25519Keyring::Dave.to_account_id();
        let mut answer = Ok(());
        let _ = frame_support::storage::with_storage_layer::<(), DispatchError, _>(|| {
            answer = call
                .clone()
                .dispatch(signed(who))
                .map(drop)
                .map_err(|failure| failure.error);
            Err(DispatchError::Other("rolled back"))
        });
        answer
    }
    on_both(|| {
        let before: Vec<_> = calls().iter().map(run).collect();
        for of in names(MAY_BE_STOPPED) {
            assert_eq!(pause(Office::EmergencyPause, &of), Ok(()));
        }
        assert_eq!(act(Office::EmergencyPause, Safe::force_enter {}), Ok(()));
        assert!(SafeMode::is_entered());
        let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
        let mut stopped = 0;
        for (call, before) in calls().iter().zip(before) {
            let now = run(call);
            if <NeverPaused as Contains<RuntimeCall>>::contains(call) {
                assert_eq!(now, before, "{:?}", name(call));
            } else {
                assert_eq!(now, Err(filtered), "{:?}", name(call));
                assert_ne!(before, Err(filtered));
                stopped += 1;
            }
        }
        // Opens.
        assert_eq!(stopped, 1);
    });
}

#[test]
fn pause_should_hold_inside_other_calls_and_for_every_origin() {
    on_local(|| {
        let index = 0;
        let payout: RuntimeCall = pallet_treasury::Call::payout { index }.into();
        let refused = |call: &RuntimeCall| {
            let done = call.clone().dispatch(alice());
            done.map(drop).map_err(|failure| failure.error)
        };
        let open = Err(pallet_treasury::Error::<Runtime>::InvalidIndex.into());
        assert_eq!(refused(&payout), open);
        assert_eq!(pause(Office::EmergencyPause, &name(&payout)), Ok(()));
        let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
        assert_eq!(refused(&payout), filtered);
        let batch = pallet_utility::Call::<Runtime>::batch_all {
            calls: vec![payout.clone()],
        };
        assert_eq!(refused(&batch.into()), filtered);
        let several = pallet_multisig::Call::<Runtime>::as_multi_threshold_1 {
            other_signatories: vec![Bob.to_account_id()],
            call: Box::new(payout.clone()),
        };
        assert_eq!(refused(&several.into()), filtered);
        let spend: RuntimeCall = pallet_treasury::Call::spend {
            asset_kind: Box::new(cloister_runtime::configs::governance::treasury::Spendable::Native),
            amount: 1,
            beneficiary: Box::new(Bob.to_account_id()),
            valid_from: None,
        }
        .into();
        assert_eq!(pause(Office::RiskAdmin, &name(&spend)), Ok(()));
        assert_eq!(act(Office::Treasurer, spend), filtered);
    });
}

#[test]
fn pause_should_be_ended_by_notice_of_government_only() {
    on_both(|| {
        assert_eq!(pause(Office::EmergencyPause, &mint()), Ok(()));
        let unpause: RuntimeCall = Pause::unpause {
            ident: full_name(&mint()),
        }
        .into();
        for office in OFFICES {
            assert_eq!(
                act(office, unpause.clone()),
                Err(DispatchError::BadOrigin),
                "{office:?}"
            );
            if office != Office::Government {
                assert_eq!(
                    act(office, notice(unpause.clone())),
                    Err(DispatchError::BadOrigin),
                    "{office:?}"
                );
            }
        }
        assert_eq!(act(Office::Government, notice(unpause.clone())), Ok(()));
        assert_eq!(enact(unpause), Ok(()));
        assert!(!TxPause::is_paused(&full_name(&mint())));
    });
}

/// Begins every block from the next one to this.
fn blocks_to(last: BlockNumber) {
    for block in System::block_number() + 1..=last {
        System::set_block_number(block);
        Offices::on_initialize(block);
        SafeMode::on_initialize(block);
    }
}

#[test]
fn pause_should_end_by_itself() {
    on_both(|| {
        let (longest, every) = (
            <LongestPause as Get<BlockNumber>>::get(),
            <LookEvery as Get<BlockNumber>>::get(),
        );
        let begin = System::block_number();
        assert_eq!(pause(Office::EmergencyPause, &mint()), Ok(()));
        blocks_to(begin + longest / 2);
        // One that comes later ends later.
        let payout = ("Treasury".to_string(), "payout".to_string());
        let second = System::block_number();
        assert_eq!(pause(Office::EmergencyPause, &payout), Ok(()));
        blocks_to(begin + longest - 1);
        assert!(TxPause::is_paused(&full_name(&mint())));
        blocks_to(begin + longest + every);
        assert!(!TxPause::is_paused(&full_name(&mint())), "it is over");
        assert!(TxPause::is_paused(&full_name(&payout)));
        assert!(System::events().iter().any(|record| matches!(
            &record.event,
            RuntimeEvent::TxPause(pallet_tx_pause::Event::CallUnpaused { full_name: of }) if *of == full_name(&mint())
        )));
        // What is paused anew counts from anew.
        let again = System::block_number();
        assert_eq!(pause(Office::EmergencyPause, &mint()), Ok(()));
        blocks_to(second + longest + every);
        assert!(!TxPause::is_paused(&full_name(&payout)));
        assert!(TxPause::is_paused(&full_name(&mint())));
        blocks_to(again + longest + every);
        assert_eq!(PausedCalls::<Runtime>::iter_keys().count(), 0);
        blocks_to(again + longest + 2 * every);
        assert!(cloister_runtime::offices::Pauses::<Runtime>::get().is_empty());
    });
}

#[test]
fn safe_mode_should_end_by_itself_and_be_extended_by_nobody() {
    on_local(|| {
        let refused: Result<(), DispatchError> = Err(pallet_safe_mode::Error::<Runtime>::NotConfigured.into());
        assert_eq!(SafeMode::enter(alice()), refused);
        for office in [Office::ListingAdmin, Office::Treasurer] {
            assert_eq!(act(office, Safe::force_enter {}), Err(DispatchError::BadOrigin));
        }
        assert_eq!(act(Office::EmergencyPause, Safe::force_enter {}), Ok(()));
        let begin = System::block_number();
        let entered: DispatchError = pallet_safe_mode::Error::<Runtime>::Entered.into();
        assert_eq!(act(Office::Government, Safe::force_enter {}), Err(entered));
        assert_eq!(SafeMode::extend(alice()), refused);
        for office in OFFICES {
            for call in [Safe::force_extend {}, Safe::force_exit {}] {
                assert_eq!(act(office, call), Err(DispatchError::BadOrigin), "{office:?}");
            }
        }
        blocks_to(begin + SAFE_MODE);
        assert!(SafeMode::is_entered());
        blocks_to(begin + SAFE_MODE + 1);
        assert!(!SafeMode::is_entered());
        // By notice before that, though the notice takes as long.
        assert_eq!(act(Office::EmergencyPause, Safe::force_enter {}), Ok(()));
        assert_eq!(act(Office::Government, notice(Safe::force_exit {})), Ok(()));
        assert_eq!(enact(Safe::force_exit {}), Ok(()));
        assert!(!SafeMode::is_entered());
    });
}
