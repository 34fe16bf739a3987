//! Every call of the metadata, and what it can do to a vault. A call that is not in the table fails the test, so
//! whoever adds one says what it can do.

use crate::custody::{assert_untouched, hostile, origins, with_custodian, wrapped};
use cloister_runtime::{genesis_presets::groups, AccountId, Runtime, RuntimeCall, RuntimeOrigin};
use frame_support::traits::{GetCallMetadata, GetCallName, UnfilteredDispatchable};
use pallet_cloister_execution::Beneficiary;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::Bob;
use sp_runtime::traits::Dispatchable;
use std::collections::{BTreeMap, BTreeSet};

/// What a call can do to a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing.
    Nothing,
    /// Brings money in, that of whoever signs.
    BringsIn,
    /// Pays whom the rules say, as much as they say.
    PaysByRule,
    /// Changes who may do what, or by which terms, after notice.
    ByNotice,
    /// Narrows what is allowed, at once.
    Narrows,
    /// It could take a vault's money, and is refused by the filter or for want of an origin.
    Refused,
    /// It can do anything, and only Root of a development chain can make it.
    Development,
    /// Dispatches another call, with the origin of the caller and its filter.
    Wraps,
}

/// The table. Each line is a pallet, what its calls can do, and the calls.
const TABLE: &[(&str, Effect, &str)] = &[
    ("System", Effect::Nothing, "remark remark_with_event"),
    (
        "System",
        Effect::Development,
        "set_heap_pages set_code set_code_without_checks set_storage kill_storage kill_prefix \
         authorize_upgrade_without_checks",
    ),
    ("System", Effect::ByNotice, "authorize_upgrade apply_authorized_upgrade"),
    ("Timestamp", Effect::Nothing, "set"),
    (
        "Grandpa",
        Effect::Nothing,
        "report_equivocation report_equivocation_unsigned note_stalled",
    ),
    // Keys, candidates and the list of validators: no vault is any of theirs.
    ("Session", Effect::Nothing, "set_keys purge_keys"),
    (
        "CollatorSelection",
        Effect::ByNotice,
        "set_invulnerables set_desired_candidates set_candidacy_bond add_invulnerable remove_invulnerable",
    ),
    (
        "CollatorSelection",
        Effect::Nothing,
        "register_as_candidate leave_intent update_bond take_candidate_slot",
    ),
    // Of the native token.
    (
        "Balances",
        Effect::Nothing,
        "transfer_allow_death force_transfer transfer_keep_alive transfer_all force_unreserve upgrade_accounts \
         force_set_balance force_adjust_total_issuance burn",
    ),
    (
        "Assets",
        Effect::Nothing,
        "create mint transfer transfer_keep_alive transfer_all thaw thaw_asset approve_transfer cancel_approval \
         force_cancel_approval touch touch_other refund",
    ),
    ("Assets", Effect::ByNotice, "force_create"),
    // How many native tokens a unit of the asset that fees are paid in is worth.
    ("AssetRate", Effect::ByNotice, "create update remove"),
    (
        "Assets",
        Effect::Refused,
        "start_destroy destroy_accounts destroy_approvals finish_destroy burn force_transfer freeze freeze_asset \
         transfer_ownership set_team set_metadata clear_metadata force_set_metadata force_clear_metadata \
         force_asset_status transfer_approved set_min_balance refund_other block set_reserves",
    ),
    (
        "Utility",
        Effect::Wraps,
        "batch as_derivative batch_all force_batch if_else",
    ),
    (
        "Utility",
        Effect::Development,
        "dispatch_as dispatch_as_fallible with_weight",
    ),
    (
        "Sudo",
        Effect::Development,
        "sudo sudo_unchecked_weight set_key sudo_as remove_key",
    ),
    (
        "Preimage",
        Effect::Nothing,
        "note_preimage unnote_preimage request_preimage unrequest_preimage ensure_updated",
    ),
    (
        "Scheduler",
        Effect::Development,
        "schedule cancel schedule_named cancel_named schedule_after schedule_named_after set_retry set_retry_named \
         cancel_retry cancel_retry_named",
    ),
    (
        "ConvictionVoting",
        Effect::Nothing,
        "vote delegate undelegate unlock remove_vote remove_other_vote",
    ),
    // What wins a vote is dispatched by the scheduler with the origin of an office.
    ("Referenda", Effect::Wraps, "submit"),
    (
        "Referenda",
        Effect::Nothing,
        "place_decision_deposit refund_decision_deposit cancel kill nudge_referendum one_fewer_deciding \
         refund_submission_deposit set_metadata",
    ),
    // Of the treasury's own money.
    (
        "Treasury",
        Effect::Nothing,
        "spend_local remove_approval spend payout check_status void_spend",
    ),
    ("TxPause", Effect::Narrows, "pause"),
    ("TxPause", Effect::ByNotice, "unpause"),
    ("SafeMode", Effect::Narrows, "force_enter"),
    ("SafeMode", Effect::ByNotice, "force_exit"),
    (
        "SafeMode",
        Effect::Nothing,
        "enter extend force_extend force_slash_deposit release_deposit force_release_deposit",
    ),
    ("Multisig", Effect::Wraps, "as_multi_threshold_1 as_multi"),
    (
        "Multisig",
        Effect::Nothing,
        "approve_as_multi cancel_as_multi poke_deposit",
    ),
    ("Proxy", Effect::Wraps, "proxy proxy_announced"),
    (
        "Proxy",
        Effect::Nothing,
        "add_proxy remove_proxy remove_proxies create_pure kill_pure announce remove_announcement reject_announcement \
         poke_deposit",
    ),
    (
        "OracleOperators",
        Effect::ByNotice,
        "add_member remove_member swap_member reset_members set_prime clear_prime",
    ),
    // An operator gives its place to another key of its own.
    ("OracleOperators", Effect::Nothing, "change_key"),
    ("Oracle", Effect::Nothing, "feed_values"),
    (
        "Risk",
        Effect::ByNotice,
        "create_group set_group_params list_instrument set_instrument_params set_instrument_status set_table_grace \
         set_instrument_feeds set_settle_after set_jump_limit",
    ),
    ("Risk", Effect::Nothing, "refresh_table"),
    ("Verifier", Effect::ByNotice, "set_verifying_key"),
    ("Verifier", Effect::Narrows, "remove_verifying_key"),
    ("Bonds", Effect::ByNotice, "set_terms"),
    // Of the native token.
    (
        "Bonds",
        Effect::Nothing,
        "bond unbond withdraw_unbonded report_receipts begin_series report_cancel",
    ),
    ("Sequencers", Effect::ByNotice, "set_members set_seal_key set_take_over"),
    // Of the secret with which members read; of money it says nothing.
    (
        "Sequencers",
        Effect::Nothing,
        "set_transport_key hand_over propose_seal_key confirm_seal_key",
    ),
    (
        "Execution",
        Effect::ByNotice,
        "create_group set_queue_terms set_solvency_terms take_insurance set_payout_terms set_custodians \
         restore_custody",
    ),
    ("Execution", Effect::Narrows, "set_group_enabled report_custody"),
    ("Execution", Effect::BringsIn, "open deposit pay_insurance"),
    (
        "Execution",
        Effect::PaysByRule,
        "submit_batch submit_batches claim pay_claim settle_exits pay_exit refund_item release_rest claim_credits \
         claim_share pay_back",
    ),
    (
        "Execution",
        Effect::Nothing,
        "rekey_house switch close force_withdrawal rekey submit_solvency freeze choose_final_table fix_final_table \
         exit take_back",
    ),
    ("Timelock", Effect::Wraps, "announce enact"),
    ("Timelock", Effect::Nothing, "withdraw"),
    ("Timelock", Effect::ByNotice, "set_delays"),
];

fn table() -> BTreeMap<(String, String), Effect> {
    let mut table = BTreeMap::new();
    for (pallet, effect, calls) in TABLE {
        for call in calls.split_whitespace() {
            let twice = table.insert((pallet.to_string(), call.to_string()), *effect);
            assert!(twice.is_none(), "{pallet}.{call} is in the table twice");
        }
    }
    table
}

#[test]
fn every_call_of_the_metadata_should_be_in_the_table() {
    let table: BTreeSet<_> = table().into_keys().collect();
    let calls = RuntimeCall::get_module_names().iter().flat_map(|pallet| {
        let calls = RuntimeCall::get_call_names(pallet).iter();
        calls.map(|call| (pallet.to_string(), call.to_string()))
    });
    let metadata: BTreeSet<_> = calls.collect();
    assert_eq!(
        metadata.difference(&table).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new()
    );
    assert_eq!(
        table.difference(&metadata).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new()
    );
}

#[test]
fn every_call_that_is_refused_should_be_tried() {
    let tried: BTreeSet<String> = hostile()
        .into_iter()
        .map(|(name, call)| {
            assert_eq!(call.get_call_name(), name);
            name.to_string()
        })
        .collect();
    let refused: BTreeSet<String> = table()
        .into_iter()
        .filter(|(_, effect)| *effect == Effect::Refused)
        .map(|((_, call), _)| call)
        .collect();
    assert_eq!(tried, refused);
}

/// Calls that only Root of a development chain can make, written to do harm to a vault.
fn of_root() -> Vec<RuntimeCall> {
    type Scheduler = pallet_scheduler::Call<Runtime>;
    type Sudo = pallet_sudo::Call<Runtime>;
    type System = frame_system::Call<Runtime>;
    type Utility = pallet_utility::Call<Runtime>;

    let key = pallet_assets::Account::<Runtime>::hashed_key_for(1, crate::custody::vault());
    let taken: RuntimeCall = System::kill_storage {
        keys: vec![key.clone()],
    }
    .into();
    let boxed = || Box::new(taken.clone());
    let bob = || AccountId::from(Bob.to_account_id());
    vec![
        System::set_heap_pages { pages: 1 }.into(),
        System::set_code { code: vec![1] }.into(),
        System::set_code_without_checks { code: vec![1] }.into(),
        System::set_storage {
            items: vec![(key.clone(), vec![])],
        }
        .into(),
        taken.clone(),
        System::kill_prefix {
            prefix: key[..32].to_vec(),
            subkeys: 10,
        }
        .into(),
        System::authorize_upgrade_without_checks {
            code_hash: Default::default(),
        }
        .into(),
        Utility::dispatch_as {
            as_origin: Box::new(frame_system::RawOrigin::Root.into()),
            call: boxed(),
        }
        .into(),
        Utility::dispatch_as_fallible {
            as_origin: Box::new(frame_system::RawOrigin::Root.into()),
            call: boxed(),
        }
        .into(),
        Utility::with_weight {
            call: boxed(),
            weight: Default::default(),
        }
        .into(),
        Scheduler::schedule {
            when: 2,
            maybe_periodic: None,
            priority: 0,
            call: boxed(),
        }
        .into(),
        Scheduler::schedule_after {
            after: 1,
            maybe_periodic: None,
            priority: 0,
            call: boxed(),
        }
        .into(),
        Scheduler::schedule_named {
            id: [1; 32],
            when: 2,
            maybe_periodic: None,
            priority: 0,
            call: boxed(),
        }
        .into(),
        Scheduler::schedule_named_after {
            id: [2; 32],
            after: 1,
            maybe_periodic: None,
            priority: 0,
            call: boxed(),
        }
        .into(),
        Scheduler::cancel { when: 2, index: 0 }.into(),
        Scheduler::cancel_named { id: [1; 32] }.into(),
        Scheduler::set_retry {
            task: (2, 0),
            retries: 1,
            period: 1,
        }
        .into(),
        Scheduler::set_retry_named {
            id: [1; 32],
            retries: 1,
            period: 1,
        }
        .into(),
        Scheduler::cancel_retry { task: (2, 0) }.into(),
        Scheduler::cancel_retry_named { id: [1; 32] }.into(),
        Sudo::sudo { call: boxed() }.into(),
        Sudo::sudo_unchecked_weight {
            call: boxed(),
            weight: Default::default(),
        }
        .into(),
        Sudo::set_key { new: bob().into() }.into(),
        Sudo::sudo_as {
            who: crate::custody::vault().into(),
            call: boxed(),
        }
        .into(),
        Sudo::remove_key {}.into(),
    ]
}

#[test]
fn every_call_of_a_development_chain_should_be_tried() {
    let tried: BTreeSet<(String, String)> = with_custodian().execute_with(of_root).into_iter().map(name).collect();
    let table: BTreeSet<_> = table()
        .into_iter()
        .filter(|(_, effect)| *effect == Effect::Development)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(tried, table);
}

fn name(call: RuntimeCall) -> (String, String) {
    let metadata = call.get_call_metadata();
    (metadata.pallet_name.to_string(), metadata.function_name.to_string())
}

#[test]
fn what_only_root_of_a_development_chain_can_do_should_be_done_by_nobody_else() {
    with_custodian().execute_with(|| {
        let code = sp_io::storage::get(b":code");
        for call in of_root() {
            for call in wrapped(&call) {
                for origin in origins() {
                    let _ = call.clone().dispatch(origin);
                    assert_untouched(&format!("{call:?}"));
                    assert_eq!(sp_io::storage::get(b":code"), code);
                    assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
                    assert_eq!(pallet_scheduler::Agenda::<Runtime>::iter_keys().count(), 0);
                }
            }
        }
    });
}

/// Everything that waits for notice or pays by rule moves no money on a chain where nothing is due, whoever makes it
/// and whatever it is wrapped in.
#[test]
fn calls_of_the_exchange_should_pay_nobody_to_whom_nothing_is_due() {
    type Call = pallet_cloister_execution::Call<Runtime>;

    let group = groups::BTC;
    let who = || AccountId::from(Bob.to_account_id());
    let calls: Vec<RuntimeCall> = vec![
        Call::claim { group }.into(),
        Call::pay_claim { group, owner: who() }.into(),
        Call::settle_exits { group }.into(),
        Call::pay_exit { group, index: 0 }.into(),
        Call::refund_item { group, item: 0 }.into(),
        Call::release_rest { group }.into(),
        Call::claim_credits {
            group,
            period: 0,
            payee: who(),
        }
        .into(),
        Call::claim_share {
            group,
            beneficiary: Beneficiary::Sequencer,
        }
        .into(),
        Call::claim_share {
            group,
            beneficiary: Beneficiary::Treasury,
        }
        .into(),
        Call::take_back { group }.into(),
        Call::pay_back { group, index: 0 }.into(),
        Call::take_insurance {
            group,
            amount: 1,
            to: who(),
        }
        .into(),
        Call::freeze { group }.into(),
        Call::fix_final_table { group }.into(),
        Call::choose_final_table { group, version: 1 }.into(),
        crate::wrapped::submit(),
    ];
    for call in calls {
        with_custodian().execute_with(|| {
            let roots = [RuntimeOrigin::root()];
            for outer in wrapped(&call) {
                for origin in origins().into_iter().chain(roots.clone()) {
                    let _ = outer.clone().dispatch_bypass_filter(origin);
                    assert_untouched(&format!("{outer:?}"));
                }
            }
        });
    }
}
