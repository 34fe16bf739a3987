//! Validators that come and go (C-VALIDATORS): when a session ends, who the next one has, and what an offence costs.
//!
//! `pallet-session` keeps keys and sets, `pallet-collator-selection` who is to be a validator, `pallet-offences` what
//! was reported. This pallet joins them:
//!
//! * it ends sessions itself, for a weight that is bounded by the number of validators, so that the first block of a
//!   session has room for batches like any other;
//! * it never lets a set without validators follow, and leaves the set of GRANDPA alone where nothing has changed;
//! * it keeps who voted with which key in the sessions of a week, so that votes can be held against their owner,
//!   whatever keys the owner has by then;
//! * it takes an offender out, and its bond, and keeps it out for a time.

pub use pallet::*;

use alloc::vec::Vec;
use frame_support::{
    pallet_prelude::*,
    traits::{Currency, KeyOwnerProofSystem, OneSessionHandler, ReservableCurrency, ValidatorRegistration},
    weights::Weight,
};
use frame_system::pallet_prelude::*;
use pallet_collator_selection::{CandidateList, Invulnerables, LastAuthoredBlock};
use pallet_session::{Pallet as Session, QueuedKeys, ShouldEndSession};
use polkadot_sdk::*;
use sp_consensus_grandpa::{AuthorityId, KEY_TYPE};
use sp_runtime::{
    traits::{OpaqueKeys, Saturating},
    BoundToRuntimeAppPublic, KeyTypeId, Perbill,
};
use sp_session::MembershipProof;
use sp_staking::{
    offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
    SessionIndex,
};

/// Maximum number of accounts that are kept out at once. Where there are more, the one whose time ends first is let in.
pub const MAX_BARRED: u32 = 256;
/// Computation for each validator when a session ends, picoseconds: its keys are read, compared and noted.
const SESSION_TIME_EACH: u64 = 100_000_000;

/// The pallet.
#[frame_support::pallet]
pub mod pallet {
    use super::*;

    /// Version of the storage's layout: the first one.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

    /// The pallet that joins those of validators.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// What the pallet asks of the runtime.
    #[pallet::config]
    pub trait Config:
        polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>>
        + pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
        + pallet_collator_selection::Config
    {
        /// When a session ends.
        type Sessions: ShouldEndSession<BlockNumberFor<Self>>;
        /// Blocks for which an offender is kept out.
        #[pallet::constant]
        type BarredFor: Get<BlockNumberFor<Self>>;
        /// Sessions whose keys can be proved to be somebody's.
        #[pallet::constant]
        type KeptSessions: Get<SessionIndex>;
    }

    /// Who voted with which key: the set that begins in a session.
    #[pallet::storage]
    pub type Sets<T: Config> = StorageMap<_, Twox64Concat, SessionIndex, Voters<T>>;

    /// For each session that is kept, the one in which its set began.
    #[pallet::storage]
    pub type SetOf<T: Config> = StorageMap<_, Twox64Concat, SessionIndex, SessionIndex>;

    /// Offenders, and the block from which each may be a validator again.
    #[pallet::storage]
    pub type Barred<T: Config> =
        StorageValue<_, BoundedVec<(T::AccountId, BlockNumberFor<T>), ConstU32<MAX_BARRED>>, ValueQuery>;

    /// What happens to offenders.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A validator was taken out of those who are to be validators.
        TakenOut {
            /// The offender.
            validator: T::AccountId,
            /// What it had bonded as a candidate and was burned, units of the native token.
            burned: BalanceOf<T>,
            /// The block from which it may be a validator again.
            until: BlockNumberFor<T>,
        },
    }

    /// Nothing is configured: the genesis of the other pallets is checked.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        #[serde(skip)]
        _of: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let first = Invulnerables::<T>::get();
            for who in &first {
                assert!(
                    Session::<T>::load_keys(who).is_some(),
                    "`collatorSelection.invulnerables` names an account without keys in `session.keys`"
                );
                assert!(
                    CurrencyOf::<T>::free_balance(who) >= CurrencyOf::<T>::minimum_balance(),
                    "the account of a validator has less than the existential deposit in `balances`"
                );
            }
            assert!(
                pallet_session::NextKeys::<T>::iter_keys().count() == first.len(),
                "`session.keys` names an account that is not in `collatorSelection.invulnerables`"
            );
            Pallet::<T>::note_set(0, &QueuedKeys::<T>::get());
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            assert!(T::KeptSessions::get() > 1, "an equivocation can be reported");
        }

        fn on_initialize(now: BlockNumberFor<T>) -> Weight {
            // What kind of chain it is was read.
            let asked = T::DbWeight::get().reads(1);
            if !T::Sessions::should_end_session(now) {
                return asked;
            }
            Barred::<T>::mutate(|all| all.retain(|(_, until)| *until > now));
            // These are of the session that begins now.
            let begins = QueuedKeys::<T>::get();
            Session::<T>::rotate_session();
            Self::note_set(Session::<T>::current_index(), &begins);
            asked.saturating_add(Self::weight_of_session())
        }
    }
}

/// Accounts and the keys with which they vote.
pub type Voters<T> = BoundedVec<
    (<T as frame_system::Config>::AccountId, AuthorityId),
    ConstU32<{ crate::constants::validators::MAX_AUTHORITIES }>,
>;
type CurrencyOf<T> = <T as pallet_collator_selection::Config>::Currency;
type BalanceOf<T> = <CurrencyOf<T> as Currency<<T as frame_system::Config>::AccountId>>::Balance;

impl<T: Config> Pallet<T> {
    /// Maximum weight of the end of a session. What the list of candidates costs is counted where it is done.
    fn weight_of_session() -> Weight {
        let most = <T as pallet_collator_selection::Config>::MaxInvulnerables::get()
            .saturating_add(<T as pallet_collator_selection::Config>::MaxCandidates::get());
        let most = u64::from(most);
        // The keys of a validator are read twice: to compare and to queue. The rest are the values of the sets, of Aura
        // and GRANDPA, and the list of those who are kept out.
        let reads = most.saturating_mul(2).saturating_add(24);
        T::DbWeight::get()
            .reads_writes(reads, 24)
            .saturating_add(Weight::from_parts(SESSION_TIME_EACH.saturating_mul(most), 0))
    }

    /// Notes who votes with which key in a session that begins, and forgets the one that is kept no longer.
    fn note_set(index: SessionIndex, keys: &[(T::AccountId, T::Keys)]) {
        let voters = keys
            .iter()
            .filter_map(|(who, keys)| Some((who.clone(), keys.get(KEY_TYPE)?)));
        // There are no more validators than Aura and GRANDPA have places.
        let voters: Voters<T> = BoundedVec::truncate_from(voters.collect());
        // A set without validators does not follow ([`NeverEmpty`]).
        let before = index.checked_sub(1).and_then(SetOf::<T>::get);
        let goes_on = before.filter(|first| voters.is_empty() || Sets::<T>::get(first).as_ref() == Some(&voters));
        if goes_on.is_none() {
            Sets::<T>::insert(index, voters);
        }
        SetOf::<T>::insert(index, goes_on.unwrap_or(index));

        let Some(old) = index.checked_sub(T::KeptSessions::get()) else {
            return;
        };
        if let Some(first) = SetOf::<T>::take(old) {
            if SetOf::<T>::get(old.saturating_add(1)) != Some(first) {
                Sets::<T>::remove(first);
            }
        }
    }

    /// Who voted in a session, if it is kept.
    fn voters_in(session: SessionIndex) -> Option<Voters<T>> {
        Sets::<T>::get(SetOf::<T>::get(session)?)
    }

    /// Names the session and the number of validators with which a vote of a key can be reported. That it was
    /// somebody's is written in the state, so there is nothing else to prove.
    pub fn prove_in(session: SessionIndex, key: &AuthorityId) -> Option<MembershipProof> {
        let voters = Self::voters_in(session)?;
        voters.iter().any(|(_, of)| of == key).then(|| MembershipProof {
            session,
            trie_nodes: Vec::new(),
            validator_count: voters.len() as u32,
        })
    }

    /// Whether an account is kept out now.
    pub fn is_barred(who: &T::AccountId) -> bool {
        let now = frame_system::Pallet::<T>::block_number();
        Barred::<T>::get().iter().any(|(of, until)| of == who && *until > now)
    }

    fn bar(who: &T::AccountId, until: BlockNumberFor<T>) {
        Barred::<T>::mutate(|all| {
            all.retain(|(of, _)| of != who);
            if all.is_full() {
                let first = all.iter().enumerate().min_by_key(|(_, (_, until))| *until);
                if let Some(place) = first.map(|(place, _)| place) {
                    all.remove(place);
                }
            }
            // There is room.
            let _ = all.try_push((who.clone(), until));
        });
    }

    /// Takes an offender out of the lists, and burns what it has bonded.
    fn take_out(who: &T::AccountId) {
        let until = frame_system::Pallet::<T>::block_number().saturating_add(T::BarredFor::get());
        Self::bar(who, until);
        Invulnerables::<T>::mutate(|all| all.retain(|of| of != who));
        let mut bond = BalanceOf::<T>::default();
        CandidateList::<T>::mutate(|all| {
            if let Some(place) = all.iter().position(|candidate| candidate.who == *who) {
                bond = all.remove(place).deposit;
            }
        });
        LastAuthoredBlock::<T>::remove(who);
        // What is dropped is burned.
        let (taken, missing) = CurrencyOf::<T>::slash_reserved(who, bond);
        drop(taken);
        Self::deposit_event(Event::TakenOut {
            validator: who.clone(),
            burned: bond.saturating_sub(missing),
            until,
        });
    }
}

/// That an account may be a validator: it has keys, and is not kept out.
impl<T: Config> ValidatorRegistration<T::AccountId> for Pallet<T> {
    fn is_registered(who: &T::AccountId) -> bool {
        Session::<T>::is_registered(who) && !Self::is_barred(who)
    }
}

/// Who the next session has. No answer means: those who are validators now.
impl<T: Config> pallet_session::SessionManager<T::AccountId> for Pallet<T> {
    fn new_session(index: SessionIndex) -> Option<Vec<T::AccountId>> {
        type Listed<T> = pallet_collator_selection::Pallet<T>;

        let next = <Listed<T> as pallet_session::SessionManager<_>>::new_session(index).unwrap_or_default();
        let with_keys: Vec<_> = next
            .into_iter()
            .filter_map(|who| Session::<T>::load_keys(&who).map(|keys| (who, keys)))
            .collect();
        // The keys are compared too: other keys are another set.
        if with_keys.is_empty() || with_keys == QueuedKeys::<T>::get() {
            return None;
        }
        Some(with_keys.into_iter().map(|(who, _)| who).collect())
    }

    fn start_session(_: SessionIndex) {}

    fn end_session(_: SessionIndex) {}
}

/// Whose key a key of GRANDPA was in a session.
impl<T: Config> KeyOwnerProofSystem<(KeyTypeId, AuthorityId)> for Pallet<T> {
    type Proof = MembershipProof;
    type IdentificationTuple = T::AccountId;

    fn prove((kind, key): (KeyTypeId, AuthorityId)) -> Option<Self::Proof> {
        (kind == KEY_TYPE).then(|| Self::prove_in(Session::<T>::current_index(), &key))?
    }

    fn check_proof((kind, key): (KeyTypeId, AuthorityId), proof: Self::Proof) -> Option<Self::IdentificationTuple> {
        if kind != KEY_TYPE || !proof.trie_nodes.is_empty() {
            return None;
        }
        let voters = Self::voters_in(proof.session)?;
        if voters.len() as u32 != proof.validator_count {
            return None;
        }
        voters.into_iter().find(|(_, of)| *of == key).map(|(who, _)| who)
    }
}

/// What an offence costs, whatever it is: there is one kind, and it is never an accident of the network.
impl<T: Config> OnOffenceHandler<T::AccountId, T::AccountId, Weight> for Pallet<T> {
    fn on_offence(offenders: &[OffenceDetails<T::AccountId, T::AccountId>], _: &[Perbill], _: SessionIndex) -> Weight {
        for OffenceDetails {
            offender: validator, ..
        } in offenders
        {
            Session::<T>::report_offence(validator.clone(), OffenceSeverity(Perbill::one()));
            Self::take_out(validator);
        }
        let each = T::DbWeight::get().reads_writes(8, 6);
        each.saturating_mul(offenders.len() as u64)
    }
}

/// A handler of sessions that hears of no session without validators: whoever is of its set goes on.
pub struct NeverEmpty<H>(core::marker::PhantomData<H>);

impl<H: BoundToRuntimeAppPublic> BoundToRuntimeAppPublic for NeverEmpty<H> {
    type Public = H::Public;
}

impl<A, H: OneSessionHandler<A>> OneSessionHandler<A> for NeverEmpty<H> {
    type Key = H::Key;

    fn on_genesis_session<'a, I>(validators: I)
    where
        I: 'a + Iterator<Item = (&'a A, H::Key)>,
        A: 'a,
    {
        H::on_genesis_session(validators);
    }

    fn on_new_session<'a, I>(changed: bool, validators: I, queued: I)
    where
        I: 'a + Iterator<Item = (&'a A, H::Key)>,
        A: 'a,
    {
        // Both iterators are of one type, so what was looked at is not put before the rest again.
        let validators: Vec<_> = validators.collect();
        let changed = changed && !validators.is_empty();
        H::on_new_session(changed, validators.into_iter(), queued.collect::<Vec<_>>().into_iter());
    }

    fn on_before_session_ending() {
        H::on_before_session_ending();
    }

    fn on_disabled(index: u32) {
        H::on_disabled(index);
    }
}
