//! Validators come and go, are paid, and are taken out when they vote twice (C-VALIDATORS).

use crate::{
    blocks::first,
    genesis::{config, state},
};
use cloister_runtime::{
    configs::{
        consensus::SlotDuration,
        validators::{BarredFor, KickThreshold},
    },
    constants::{
        money::EXISTENTIAL_DEPOSIT,
        validators::{AUTHORS_SHARE, CANDIDACY_BOND, KEPT_SESSIONS, KEY_DEPOSIT},
    },
    genesis_presets::{ENDOWMENT, STAGING},
    opaque::SessionKeys,
    validators::{Barred, SetOf, Sets},
    AccountId, AllPalletsWithSystem, Authorship, Balances, CollatorSelection, Executive, Grandpa, Header, Runtime,
    RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, Session, System, UncheckedExtrinsic, Validators,
};
use codec::{Decode, Encode};
use frame_support::{
    assert_noop, assert_ok,
    traits::{fungible::InspectHold, Get, OnFinalize},
};
use polkadot_sdk::*;
use sp_consensus_aura::AURA_ENGINE_ID;
use sp_consensus_grandpa::{
    localized_payload, runtime_decl_for_grandpa_api::GrandpaApi, AuthorityId, EquivocationProof,
};
use sp_core::{ed25519, proof_of_possession::ProofOfPossessionGenerator, sr25519, Pair, H256};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_io::hashing::twox_128;
use sp_keyring::{
    Ed25519Keyring,
    Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Eve},
};
use sp_runtime::{
    traits::{Dispatchable, Header as _},
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
    BuildStorage, Digest, DigestItem, DispatchError,
};
use sp_session::MembershipProof;

type Listing = pallet_collator_selection::Call<Runtime>;
type ListingError = pallet_collator_selection::Error<Runtime>;
type SessionError = pallet_session::Error<Runtime>;

fn account(key: Sr25519Keyring) -> AccountId {
    key.to_account_id()
}

fn signed(key: Sr25519Keyring) -> RuntimeOrigin {
    RuntimeOrigin::signed(account(key))
}

fn enacted() -> RuntimeOrigin {
    pallet_cloister_timelock::Origin::Enacted.into()
}

/// Keys that a node has made.
struct NodeKeys {
    aura: sr25519::Pair,
    grandpa: ed25519::Pair,
}

impl NodeKeys {
    fn new(seed: &str) -> Self {
        Self {
            aura: sr25519::Pair::from_string(seed, None).expect("a seed"),
            grandpa: ed25519::Pair::from_string(seed, None).expect("a seed"),
        }
    }

    fn public(&self) -> SessionKeys {
        SessionKeys {
            aura: self.aura.public().into(),
            grandpa: self.grandpa.public().into(),
        }
    }

    /// Proof for an owner that these keys are its own, as the node makes it.
    fn proof(&self, owner: Sr25519Keyring) -> Vec<u8> {
        let owner = account(owner).encode();
        let (mut aura, mut grandpa) = (self.aura.clone(), self.grandpa);
        (
            aura.generate_proof_of_possession(&owner),
            grandpa.generate_proof_of_possession(&owner),
        )
            .encode()
    }

    fn set(&self, owner: Sr25519Keyring) {
        assert_ok!(Session::set_keys(signed(owner), self.public(), self.proof(owner)));
    }
}

/// Begins the next block in a slot later than the last one.
fn begin(slot: u64) {
    let number = System::block_number();
    if number > 0 {
        AllPalletsWithSystem::on_finalize(number);
    }
    let digest = Digest {
        logs: vec![DigestItem::PreRuntime(AURA_ENGINE_ID, slot.encode())],
    };
    let parent = H256::repeat_byte(7);
    Executive::initialize_block(&Header::new(number + 1, H256::zero(), H256::zero(), parent, digest));
    let now = slot * <SlotDuration as Get<u64>>::get();
    let set: RuntimeCall = pallet_timestamp::Call::set { now }.into();
    assert_ok!(set.dispatch(RuntimeOrigin::none()));
}

fn next_slot() -> u64 {
    u64::from(pallet_aura::CurrentSlot::<Runtime>::get()).max(1_000) + 1
}

fn next_block() {
    begin(next_slot());
}

/// The next block, by the validator with this place among the authorities.
fn next_block_by(place: u64) {
    let authorities = pallet_aura::Authorities::<Runtime>::get().len() as u64;
    let slot = next_slot();
    let free = (slot..).find(|slot| slot % authorities == place);
    begin(free.expect("there are slots for ever"));
}

fn sessions(number: u32) {
    let last = Session::current_index() + number;
    while Session::current_index() < last {
        next_block();
    }
}

fn makes_blocks(keys: &SessionKeys) -> bool {
    pallet_aura::Authorities::<Runtime>::get().contains(&keys.aura)
}

fn votes(keys: &SessionKeys) -> bool {
    Grandpa::grandpa_authorities().iter().any(|(id, _)| *id == keys.grandpa)
}

/// Ends the block too, because GRANDPA changes its set there.
fn is_validator(keys: &SessionKeys) -> bool {
    next_block();
    assert_eq!(makes_blocks(keys), votes(keys));
    makes_blocks(keys)
}

fn of_alice() -> SessionKeys {
    SessionKeys {
        aura: Alice.public().into(),
        grandpa: Ed25519Keyring::Alice.public().into(),
    }
}

fn on_development(test: impl FnOnce()) {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        next_block();
        test();
    });
}

/// A development chain on which Bob is a validator by his bond.
fn with_bob(test: impl FnOnce(NodeKeys)) {
    on_development(|| {
        let keys = NodeKeys::new("//Bob//node");
        keys.set(Bob);
        assert_ok!(CollatorSelection::register_as_candidate(signed(Bob)));
        sessions(2);
        assert!(is_validator(&keys.public()));
        test(keys);
    });
}

#[test]
fn keys_should_be_set_by_whoever_has_them_and_nobody_else() {
    on_development(|| {
        let (keys, others) = (NodeKeys::new("//Bob//node"), NodeKeys::new("//Charlie//node"));
        let mut broken = keys.proof(Bob);
        broken[3] ^= 1;
        let mut longer = keys.proof(Bob);
        longer.push(0);
        for proof in [keys.proof(Charlie), others.proof(Bob), broken, longer, Vec::new()] {
            assert_noop!(
                Session::set_keys(signed(Bob), keys.public(), proof),
                SessionError::InvalidProof
            );
        }
        keys.set(Bob);
        assert_eq!(Balances::total_balance_on_hold(&account(Bob)), KEY_DEPOSIT);
        // Who has a node cannot give its keys to two accounts.
        assert_noop!(
            Session::set_keys(signed(Dave), keys.public(), keys.proof(Dave)),
            SessionError::DuplicatedKey
        );
        // Others in their place cost nothing more, and free the first.
        others.set(Bob);
        assert_eq!(Balances::total_balance_on_hold(&account(Bob)), KEY_DEPOSIT);
        keys.set(Dave);
        assert_ok!(Session::purge_keys(signed(Bob)));
        assert_eq!(Balances::total_balance_on_hold(&account(Bob)), 0);
        assert_noop!(Session::purge_keys(signed(Bob)), SessionError::NoKeys);
    });
}

#[test]
fn rotated_keys_should_be_used_after_two_sessions_and_not_before() {
    on_development(|| {
        let before = Grandpa::current_set_id();
        sessions(2);
        // Where nobody changes, the set of GRANDPA does not either.
        assert_eq!(Grandpa::current_set_id(), before);
        let keys = NodeKeys::new("//Alice//node");
        keys.set(Alice);
        sessions(1);
        assert!(!is_validator(&keys.public()) && makes_blocks(&of_alice()));
        sessions(1);
        assert!(is_validator(&keys.public()) && !makes_blocks(&of_alice()));
        assert_eq!(Grandpa::current_set_id(), before + 1);
    });
}

#[test]
fn candidate_with_a_bond_should_be_a_validator_after_two_sessions_until_two_after_it_leaves() {
    on_development(|| {
        let keys = NodeKeys::new("//Bob//node");
        assert_noop!(
            CollatorSelection::register_as_candidate(signed(Bob)),
            ListingError::ValidatorNotRegistered
        );
        keys.set(Bob);
        assert_ok!(CollatorSelection::register_as_candidate(signed(Bob)));
        assert_eq!(Balances::reserved_balance(account(Bob)), CANDIDACY_BOND + KEY_DEPOSIT);
        sessions(1);
        assert!(!is_validator(&keys.public()));
        sessions(1);
        assert!(is_validator(&keys.public()) && makes_blocks(&of_alice()));
        // Its blocks are its own.
        let place = Session::validators().iter().position(|who| *who == account(Bob));
        next_block_by(place.expect("Bob is a validator") as u64);
        assert_eq!(Authorship::author(), Some(account(Bob)));

        assert_ok!(CollatorSelection::leave_intent(signed(Bob)));
        assert_eq!(Balances::reserved_balance(account(Bob)), KEY_DEPOSIT);
        sessions(1);
        assert!(is_validator(&keys.public()));
        sessions(1);
        assert!(!is_validator(&keys.public()) && makes_blocks(&of_alice()));
    });
}

#[test]
fn candidate_that_makes_no_block_should_get_its_bond_back_and_go() {
    with_bob(|keys| {
        let alice = Session::validators().iter().position(|who| *who == account(Alice));
        let alice = alice.expect("Alice is a validator") as u64;
        let idle: u32 = KickThreshold::get();
        let last = System::block_number() + 3 * idle;
        while makes_blocks(&keys.public()) {
            assert!(System::block_number() < last, "Bob is never kicked");
            let alone = pallet_aura::Authorities::<Runtime>::get().len() == 1;
            next_block_by(if alone { 0 } else { alice });
        }
        assert!(System::block_number() > idle);
        assert_eq!(Balances::reserved_balance(account(Bob)), KEY_DEPOSIT);
        assert!(!Validators::is_barred(&account(Bob)));
        assert_ok!(CollatorSelection::register_as_candidate(signed(Bob)));
    });
}

#[test]
fn validators_without_a_bond_should_come_and_go_by_notice_of_government_alone() {
    for preset in [DEV_RUNTIME_PRESET, STAGING] {
        state(preset).execute_with(|| {
            next_block();
            let calls: Vec<RuntimeCall> = vec![
                Listing::add_invulnerable { who: account(Charlie) }.into(),
                Listing::remove_invulnerable { who: account(Alice) }.into(),
                Listing::set_invulnerables {
                    new: vec![account(Eve)],
                }
                .into(),
                Listing::set_desired_candidates { max: 9 }.into(),
                Listing::set_candidacy_bond { bond: 1 }.into(),
            ];
            for call in calls {
                for origin in [signed(Alice), crate::notice::government(), RuntimeOrigin::none()] {
                    assert_noop!(call.clone().dispatch(origin), DispatchError::BadOrigin);
                }
                for office in crate::custody::OFFICES {
                    let may = office == cloister_runtime::offices::Origin::Government;
                    let in_field = cloister_runtime::configs::governance::authority::is_of_field(office, &call);
                    assert_eq!(in_field, may, "{office:?}: {call:?}");
                }
            }
        });
    }
    on_development(|| {
        let last = CollatorSelection::remove_invulnerable(enacted(), account(Alice));
        assert_eq!(last, Err(ListingError::TooFewEligibleCollators.into()));
        let keys = NodeKeys::new("//Charlie//node");
        assert_eq!(
            CollatorSelection::add_invulnerable(enacted(), account(Charlie)).map_err(|failure| failure.error),
            Err(ListingError::ValidatorNotRegistered.into())
        );
        keys.set(Charlie);
        assert_ok!(CollatorSelection::add_invulnerable(enacted(), account(Charlie)));
        assert_ok!(CollatorSelection::remove_invulnerable(enacted(), account(Alice)));
        sessions(1);
        assert!(!is_validator(&keys.public()) && makes_blocks(&of_alice()));
        sessions(1);
        assert!(is_validator(&keys.public()) && !makes_blocks(&of_alice()) && !votes(&of_alice()));
        next_block();
        assert_eq!(Authorship::author(), Some(account(Charlie)));
    });
}

#[test]
fn last_validator_should_go_on_when_its_keys_are_gone() {
    on_development(|| {
        assert_ok!(Session::purge_keys(signed(Alice)));
        sessions(4);
        assert!(is_validator(&of_alice()));
        let keys = NodeKeys::new("//Alice//node");
        keys.set(Alice);
        sessions(2);
        assert!(is_validator(&keys.public()) && !makes_blocks(&of_alice()) && !votes(&of_alice()));
    });
}

/// Two votes of one round, signed with `voter`; equal if `second` is the first.
fn two_votes(voter: &ed25519::Pair, round: u64, second: H256) -> EquivocationProof<H256, u32> {
    let set_id = Grandpa::current_set_id();
    let vote = |target: H256| {
        // A prevote, as GRANDPA encodes it to be signed.
        let payload = localized_payload(round, set_id, &(0u8, target, 5u32));
        (target, 5u32, voter.sign(&payload))
    };
    let first = vote(H256::repeat_byte(1));
    let encoded = (set_id, 0u8, round, voter.public(), first, vote(second)).encode();
    EquivocationProof::decode(&mut &encoded[..]).expect("this is how it is encoded")
}

/// The report of a node, as it asks the runtime for the owner.
fn report(proof: EquivocationProof<H256, u32>) -> UncheckedExtrinsic {
    let key_owner_proof = owner_of(proof.set_id(), proof.offender().clone()).expect("it is somebody's key");
    UncheckedExtrinsic::new_bare(RuntimeCall::Grandpa(
        pallet_grandpa::Call::report_equivocation_unsigned {
            equivocation_proof: Box::new(proof),
            key_owner_proof,
        },
    ))
}

/// What the runtime answers to a node; of a set to come, as of the one of now.
fn owner_of(set_id: u64, key: AuthorityId) -> Option<MembershipProof> {
    let set_id = set_id.min(Grandpa::current_set_id());
    let proof = Runtime::generate_key_ownership_proof(set_id, key)?;
    Some(proof.decode().expect("a proof"))
}

#[test]
fn validator_that_votes_twice_should_be_out_without_its_bond_and_stay_out_for_a_time() {
    with_bob(|keys| {
        let free = Balances::free_balance(account(Bob));
        let issued = Balances::total_issuance();
        let extrinsic = report(two_votes(&keys.grandpa, 1, H256::repeat_byte(2)));
        // It comes from the node that saw it, and from no other.
        assert_eq!(
            Executive::validate_transaction(TransactionSource::External, extrinsic.clone(), H256::zero()),
            Err(InvalidTransaction::Call.into())
        );
        assert_ok!(Executive::validate_transaction(
            TransactionSource::Local,
            extrinsic.clone(),
            H256::zero()
        ));
        assert_ok!(Executive::apply_extrinsic(extrinsic.clone()).expect("the report is valid"));

        let until = System::block_number() + <BarredFor as Get<u32>>::get();
        let taken_out = cloister_runtime::validators::Event::<Runtime>::TakenOut {
            validator: account(Bob),
            burned: CANDIDACY_BOND,
            until,
        };
        System::assert_has_event(taken_out.into());
        assert_eq!(Balances::reserved_balance(account(Bob)), KEY_DEPOSIT);
        assert_eq!(Balances::free_balance(account(Bob)), free);
        assert_eq!(Balances::total_issuance(), issued - CANDIDACY_BOND);
        assert_noop!(
            CollatorSelection::register_as_candidate(signed(Bob)),
            ListingError::ValidatorNotRegistered
        );
        assert_eq!(
            CollatorSelection::add_invulnerable(enacted(), account(Bob)).map_err(|failure| failure.error),
            Err(ListingError::ValidatorNotRegistered.into())
        );
        // Once for one round.
        assert_eq!(
            Executive::apply_extrinsic(extrinsic),
            Err(TransactionValidityError::Invalid(InvalidTransaction::Stale))
        );
        sessions(2);
        assert!(!is_validator(&keys.public()) && makes_blocks(&of_alice()));

        while System::block_number() < until {
            assert!(Validators::is_barred(&account(Bob)));
            next_block();
        }
        sessions(1);
        assert_eq!(Barred::<Runtime>::get().into_inner(), []);
        assert_ok!(CollatorSelection::register_as_candidate(signed(Bob)));
    });
}

#[test]
fn what_is_no_equivocation_should_cost_nobody_anything() {
    with_bob(|keys| {
        let untouched = || {
            assert_eq!(Balances::reserved_balance(account(Bob)), CANDIDACY_BOND + KEY_DEPOSIT);
            assert_eq!(Barred::<Runtime>::get().into_inner(), []);
            assert_eq!(pallet_offences::Reports::<Runtime>::iter().count(), 0);
        };
        let refused = || Ok(Err(pallet_grandpa::Error::<Runtime>::InvalidEquivocationProof.into()));
        // The same vote twice.
        let same = report(two_votes(&keys.grandpa, 1, H256::repeat_byte(1)));
        assert_eq!(Executive::apply_extrinsic(same), refused());
        untouched();
        // Votes of Bob with signatures of another.
        let forged = two_votes(&ed25519::Pair::from_seed(&[9; 32]), 1, H256::repeat_byte(2)).encode();
        let mut forged = forged;
        forged[17..49].copy_from_slice(keys.grandpa.public().as_ref());
        let forged = EquivocationProof::decode(&mut &forged[..]).expect("only the voter is another");
        assert_eq!(Executive::apply_extrinsic(report(forged)), refused());
        untouched();
        // Votes of a set that there has not been.
        let mut future = two_votes(&keys.grandpa, 1, H256::repeat_byte(2)).encode();
        future[0] += 1;
        let future = EquivocationProof::decode(&mut &future[..]).expect("only the set is another");
        assert_eq!(Executive::apply_extrinsic(report(future)), refused());
        untouched();
        // The owner of another key.
        let equivocation_proof = Box::new(two_votes(&keys.grandpa, 1, H256::repeat_byte(2)));
        let key_owner_proof = owner_of(0, of_alice().grandpa).expect("it is her key");
        let swapped = pallet_grandpa::Call::report_equivocation_unsigned {
            equivocation_proof,
            key_owner_proof,
        };
        assert_eq!(
            Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(swapped.into())),
            Err(InvalidTransaction::BadProof.into())
        );
        untouched();
        // Before he was a validator his key was nobody's.
        assert_eq!(owner_of(0, keys.public().grandpa), None);
        // A session in which it was not his, one that there has not been, another number of validators, and more than
        // there is to prove.
        let good = owner_of(Grandpa::current_set_id(), keys.public().grandpa).expect("it is his key");
        let changes: [fn(&mut MembershipProof); 4] = [
            |proof| proof.session = 0,
            |proof| proof.session += 9,
            |proof| proof.validator_count += 1,
            |proof| proof.trie_nodes.push(vec![1]),
        ];
        for change in changes {
            let mut key_owner_proof = good.clone();
            change(&mut key_owner_proof);
            let call = pallet_grandpa::Call::report_equivocation_unsigned {
                equivocation_proof: Box::new(two_votes(&keys.grandpa, 1, H256::repeat_byte(2))),
                key_owner_proof,
            };
            assert_eq!(
                Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.into())),
                Err(InvalidTransaction::BadProof.into())
            );
            untouched();
        }
    });
}

#[test]
fn other_keys_should_not_hide_who_voted_twice_with_the_ones_before() {
    with_bob(|keys| {
        let votes_twice = two_votes(&keys.grandpa, 1, H256::repeat_byte(2));
        // Bob has others at once, others again later, and none in the end.
        NodeKeys::new("//Bob//other").set(Bob);
        assert_ok!(Executive::validate_transaction(
            TransactionSource::Local,
            report(votes_twice.clone()),
            H256::zero()
        ));
        sessions(3);
        let third = NodeKeys::new("//Bob//third");
        third.set(Bob);
        sessions(3);
        assert!(!is_validator(&keys.public()) && is_validator(&third.public()));
        assert_ok!(Session::purge_keys(signed(Bob)));
        assert_ok!(Executive::apply_extrinsic(report(votes_twice)).expect("the report is valid"));
        assert_eq!(Balances::reserved_balance(account(Bob)), 0);
        assert!(Validators::is_barred(&account(Bob)));
    });
}

#[test]
fn only_validator_that_votes_twice_should_go_on_until_there_is_another() {
    on_development(|| {
        let votes_twice = two_votes(&Ed25519Keyring::Alice.pair(), 3, H256::repeat_byte(2));
        assert_ok!(Executive::apply_extrinsic(report(votes_twice)).expect("the report is valid"));
        assert_eq!(
            pallet_collator_selection::Invulnerables::<Runtime>::get().into_inner(),
            []
        );
        sessions(3);
        assert!(is_validator(&of_alice()));
        let keys = NodeKeys::new("//Bob//node");
        keys.set(Bob);
        assert_ok!(CollatorSelection::register_as_candidate(signed(Bob)));
        sessions(2);
        assert!(is_validator(&keys.public()) && !makes_blocks(&of_alice()) && !votes(&of_alice()));
    });
}

#[test]
fn one_of_four_that_votes_twice_should_make_no_more_blocks_at_once() {
    on_development(|| {
        for (who, seed) in [
            (Bob, "//Bob//node"),
            (Charlie, "//Charlie//node"),
            (Dave, "//Dave//node"),
        ] {
            NodeKeys::new(seed).set(who);
            assert_ok!(CollatorSelection::register_as_candidate(signed(who)));
        }
        sessions(2);
        next_block();
        assert_eq!(Session::validators().len(), 4);
        let (dave, charlie) = (NodeKeys::new("//Dave//node"), NodeKeys::new("//Charlie//node"));
        for (keys, round) in [(&dave, 1), (&charlie, 2)] {
            let extrinsic = report(two_votes(&keys.grandpa, round, H256::repeat_byte(2)));
            assert_ok!(Executive::apply_extrinsic(extrinsic).expect("the report is valid"));
        }
        let place = |who| {
            Session::validators()
                .iter()
                .position(|of| *of == account(who))
                .expect("a validator")
        };
        // One of four at most: with more of them blocks would stop.
        assert_eq!(Session::disabled_validators(), [place(Dave) as u32]);
        let of_dave = std::panic::catch_unwind(|| next_block_by(place(Dave) as u64));
        assert!(of_dave.is_err(), "a block of a disabled validator is taken");
    });
}

#[test]
fn a_fifth_of_the_fees_should_go_to_authors_and_the_rest_be_burned() {
    let share = |fee: u128| fee * u128::from(AUTHORS_SHARE) / 100;
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        crate::blocks::begin_block();
        let pot = CollatorSelection::account_id();
        assert_eq!(Balances::free_balance(&pot), EXISTENTIAL_DEPOSIT);
        let issued = Balances::total_issuance();
        let remark = frame_system::Call::<Runtime>::remark { remark: vec![1; 1_000] };
        assert_ok!(Executive::apply_extrinsic(first(remark.into(), Dave)).expect("the transaction is valid"));
        let paid = System::events().into_iter().find_map(|record| match record.event {
            RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
                actual_fee,
                ..
            }) => Some(actual_fee),
            _ => None,
        });
        let fee = paid.expect("the fee is paid");
        assert_eq!(Balances::free_balance(account(Dave)), ENDOWMENT - fee);
        // Rounded to the nearest unit.
        let in_pot = Balances::free_balance(&pot) - EXISTENTIAL_DEPOSIT;
        assert!(in_pot > 0 && in_pot.abs_diff(share(fee)) <= 1, "{in_pot} of {fee}");
        assert_eq!(Balances::total_issuance(), issued - (fee - in_pot));
        // Whoever makes the next block gets half of what is in the pot.
        begin(next_slot());
        assert_eq!(Authorship::author(), Some(account(Alice)));
        assert_eq!(Balances::free_balance(account(Alice)), ENDOWMENT + in_pot / 2);
    });
}

#[test]
fn end_of_a_session_should_leave_room_for_batches() {
    on_development(|| {
        let before = Session::current_index();
        while Session::current_index() == before {
            next_block();
        }
        let most = cloister_runtime::configs::system::RuntimeBlockWeights::get().max_block;
        let weight = System::block_weight().total();
        assert!(weight.ref_time() < most.ref_time() / 4, "{weight:?} of {most:?}");
    });
}

#[test]
fn keys_of_past_sessions_should_be_provable_for_a_week_and_no_longer() {
    on_development(|| {
        let owner = || owner_of(0, of_alice().grandpa);
        let now = NodeKeys::new("//Alice//node");
        now.set(Alice);
        sessions(2);
        let last = Session::current_index() - 1;
        assert_eq!(owner().map(|proof| proof.session), Some(last));
        sessions(KEPT_SESSIONS - 2);
        assert_eq!(owner().map(|proof| proof.session), Some(last));
        // Two sets for as many sessions as are kept.
        assert_eq!(SetOf::<Runtime>::iter_keys().count() as u32, KEPT_SESSIONS);
        assert_eq!(Sets::<Runtime>::iter_keys().count(), 2);
        sessions(1);
        assert_eq!(owner(), None);
        assert_eq!(Sets::<Runtime>::iter_keys().count(), 1);
        assert!(owner_of(1, now.public().grandpa).is_some());
    });
}

/// The state of a runtime that had no sessions.
fn forget_sessions() {
    for pallet in ["Session", "CollatorSelection", "Offences", "Validators", "Authorship"] {
        let _ = frame_support::storage::unhashed::clear_prefix(&twox_128(pallet.as_bytes()), None, None);
    }
}

#[test]
fn chain_that_had_no_sessions_should_keep_its_authorities_until_government_names_validators() {
    on_development(|| {
        forget_sessions();
        sessions(3);
        assert!(is_validator(&of_alice()));
        let keys = NodeKeys::new("//Bob//node");
        keys.set(Bob);
        assert_ok!(CollatorSelection::add_invulnerable(enacted(), account(Bob)));
        sessions(2);
        assert!(is_validator(&keys.public()) && !makes_blocks(&of_alice()) && !votes(&of_alice()));
    });
}

#[test]
fn genesis_should_refuse_validators_without_keys_places_or_money() {
    type Change = fn(&mut RuntimeGenesisConfig);
    let changes: [(Change, &str); 4] = [
        (
            |config| config.session.keys.truncate(1),
            "names an account without keys in `session.keys`",
        ),
        (
            |config| config.collator_selection.invulnerables.truncate(1),
            "names an account that is not in `collatorSelection.invulnerables`",
        ),
        (
            |config| config.balances.balances.retain(|(who, _)| *who != account(Bob)),
            "less than the existential deposit",
        ),
        (
            |config| config.collator_selection.invulnerables.push(account(Bob)),
            "duplicate invulnerables",
        ),
    ];
    for (change, said) in changes {
        let mut config = config(STAGING);
        change(&mut config);
        let built = std::panic::catch_unwind(move || config.build_storage());
        let Err(panic) = built else {
            panic!("it is taken");
        };
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or_default();
        assert!(text.contains(said), "{said}: {text}");
    }
}
