//! The secret of a sealing key, handed over to a newcomer (C-HAND-OVER) and rotated by the members (C-ROTATION).

use crate::{
    Ciphertext, Config, Error, Event, Field, HandOver, HandOvers, Members, Pallet, Rotation, Rotations, RotationsDue,
    SealKeys, SealedSecret, TransportKeys,
};
use alloc::vec::Vec;
use polkadot_sdk::frame_support::{ensure, traits::Time, BoundedVec};

impl<T: Config> Pallet<T> {
    /// Publishes a member's transport key. What was sealed to another one goes, proposals too: whoever has the secret
    /// of that key would have the secret of what is proposed.
    pub(crate) fn put_transport_key(group: u32, who: T::AccountId, key: Field) -> Result<(), Error<T>> {
        let members = Members::<T>::get(group);
        ensure!(members.contains(&who), Error::<T>::NotMember);
        if TransportKeys::<T>::get(group, &who) != Some(key) {
            TransportKeys::<T>::insert(group, &who, key);
            HandOvers::<T>::remove(group, &who);
            for proposer in members.iter().filter(|proposer| **proposer != who) {
                Rotations::<T>::remove(group, proposer);
            }
        }
        Self::deposit_event(Event::TransportKeySet { group, who, key });
        Ok(())
    }

    /// Keeps a secret that a member has sealed to another one; one for each two of them.
    pub(crate) fn put_hand_over(
        group: u32,
        from: T::AccountId,
        to: T::AccountId,
        transport: Field,
        key: (Field, Field),
        ciphertext: Ciphertext,
    ) -> Result<(), Error<T>> {
        let members = Members::<T>::get(group);
        ensure!(members.contains(&from), Error::<T>::NotMember);
        ensure!(members.contains(&to), Error::<T>::RecipientNotMember);
        ensure!(SealKeys::<T>::get(group) == Some(key), Error::<T>::OtherSealKey);
        Self::expect_transport_key(group, &to, &transport)?;
        HandOvers::<T>::try_mutate(group, &to, |all| {
            all.retain(|other| other.from != from);
            let from = from.clone();
            // There is room for one of each member.
            all.try_push(HandOver { from, ciphertext })
                .map_err(|_| Error::<T>::RecipientNotMember)
        })?;
        Self::deposit_event(Event::SecretHandedOver { group, from, to });
        Ok(())
    }

    /// Keeps a member's proposal of another sealing key, in place of its former one. Where nobody else is to confirm
    /// it, it is in force.
    pub(crate) fn put_proposal(
        group: u32,
        proposer: T::AccountId,
        key: (Field, Field),
        sealed: BoundedVec<SealedSecret<T::AccountId>, T::MaxMembers>,
    ) -> Result<(), Error<T>> {
        let members = Members::<T>::get(group);
        ensure!(members.contains(&proposer), Error::<T>::NotMember);
        ensure!(RotationsDue::<T>::contains_key(group), Error::<T>::NotDue);
        ensure!(Self::is_key(&key.0, &key.1), Error::<T>::InvalidSealKey);
        ensure!(SealKeys::<T>::get(group) != Some(key), Error::<T>::SameSealKey);
        let others = members.iter().filter(|who| **who != proposer);
        ensure!(others.eq(sealed.iter().map(|one| &one.to)), Error::<T>::NotForOthers);
        for one in &sealed {
            Self::expect_transport_key(group, &one.to, &one.transport)?;
        }
        let confirmed = BoundedVec::truncate_from(Vec::from([proposer.clone()]));
        Self::deposit_event(Event::SealKeyProposed {
            group,
            proposer: proposer.clone(),
            key,
        });
        if sealed.is_empty() {
            return Self::put_seal_key(group, key.0, key.1);
        }
        let rotation = Rotation { key, sealed, confirmed };
        Rotations::<T>::insert(group, proposer, rotation);
        Ok(())
    }

    /// Notes that a member has the secret of a proposed key. The last one puts it in force.
    pub(crate) fn put_confirmation(
        group: u32,
        who: T::AccountId,
        proposer: T::AccountId,
        key: (Field, Field),
    ) -> Result<(), Error<T>> {
        let members = Members::<T>::get(group);
        ensure!(members.contains(&who), Error::<T>::NotMember);
        let proposal = Rotations::<T>::get(group, &proposer).filter(|proposal| proposal.key == key);
        let mut proposal = proposal.ok_or(Error::<T>::NoSuchProposal)?;
        ensure!(!proposal.confirmed.contains(&who), Error::<T>::AlreadyConfirmed);
        let pushed = proposal.confirmed.try_push(who.clone());
        ensure!(pushed.is_ok(), Error::<T>::AlreadyConfirmed);
        let complete = members.iter().all(|member| proposal.confirmed.contains(member));
        Self::deposit_event(Event::SealKeyConfirmed {
            group,
            proposer: proposer.clone(),
            who,
        });
        if complete {
            return Self::put_seal_key(group, key.0, key.1);
        }
        Rotations::<T>::insert(group, proposer, proposal);
        Ok(())
    }

    /// Takes away what was sealed to those who are no longer members and by them, and every proposal if the members
    /// are others than before: a newcomer must confirm it too, and whoever left may know its secret. If somebody left,
    /// the secret is due for rotation.
    pub(crate) fn note_change_of_members(group: u32, before: &[T::AccountId], now: &[T::AccountId]) {
        let gone: Vec<&T::AccountId> = before.iter().filter(|who| !now.contains(who)).collect();
        let same = gone.is_empty() && before.len() == now.len();
        if same {
            return;
        }
        for who in before {
            Rotations::<T>::remove(group, who);
        }
        if gone.is_empty() {
            return;
        }
        for who in before {
            if gone.contains(&who) {
                TransportKeys::<T>::remove(group, who);
                HandOvers::<T>::remove(group, who);
            } else {
                let mut all = HandOvers::<T>::take(group, who);
                all.retain(|one| !gone.contains(&&one.from));
                if !all.is_empty() {
                    HandOvers::<T>::insert(group, who, all);
                }
            }
        }
        if SealKeys::<T>::contains_key(group) && !RotationsDue::<T>::contains_key(group) {
            RotationsDue::<T>::insert(group, T::Time::now());
            Self::deposit_event(Event::RotationDue { group });
        }
    }

    /// Takes away what was about the sealing key before: hand-overs of its secret, proposals in its place, and that it
    /// is due for rotation.
    pub(crate) fn forget_secret(group: u32) {
        for who in Members::<T>::get(group) {
            HandOvers::<T>::remove(group, &who);
            Rotations::<T>::remove(group, &who);
        }
        RotationsDue::<T>::remove(group);
    }

    fn expect_transport_key(group: u32, who: &T::AccountId, key: &Field) -> Result<(), Error<T>> {
        let present = TransportKeys::<T>::get(group, who);
        ensure!(present.as_ref() == Some(key), Error::<T>::OtherTransportKey);
        Ok(())
    }

    /// Since when a group's sealing key is due for rotation, because a member was taken away, milliseconds of Unix
    /// time; none if it is not.
    pub fn rotation_due(group: u32) -> Option<u64> {
        RotationsDue::<T>::get(group)
    }

    /// Invariants: whatever is sealed is sealed by members to members who have a transport key, once by each; a
    /// proposal is one of a key that is due for rotation, sealed to the transport keys of all members but its own and
    /// not confirmed by all.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub(crate) fn do_try_secrets() -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
        for (group, who, _) in TransportKeys::<T>::iter() {
            ensure!(
                Members::<T>::get(group).contains(&who),
                "a transport key of nobody's who is a member"
            );
        }
        for (group, to, all) in HandOvers::<T>::iter() {
            let members = Members::<T>::get(group);
            ensure!(
                TransportKeys::<T>::contains_key(group, &to) && SealKeys::<T>::contains_key(group),
                "a secret that is sealed to no key, or is of none"
            );
            let mut from: Vec<_> = all.iter().map(|one| &one.from).collect();
            from.sort();
            from.dedup();
            ensure!(
                from.len() == all.len() && !all.is_empty() && from.iter().all(|who| members.contains(who)),
                "a secret that no member, or a member twice, has handed over"
            );
        }
        for (group, proposer, proposal) in Rotations::<T>::iter() {
            let members = Members::<T>::get(group);
            let (x, y) = proposal.key;
            ensure!(
                members.contains(&proposer) && RotationsDue::<T>::contains_key(group),
                "a proposal of nobody's who may make one"
            );
            ensure!(
                Self::is_key(&x, &y) && SealKeys::<T>::get(group) != Some(proposal.key),
                "a proposal of no other key"
            );
            ensure!(
                proposal.sealed.len().saturating_add(1) == members.len(),
                "a proposal that is not sealed to all others"
            );
            for one in &proposal.sealed {
                ensure!(
                    TransportKeys::<T>::get(group, &one.to) == Some(one.transport),
                    "a proposal that is sealed to a former transport key"
                );
            }
            let confirmed = &proposal.confirmed;
            ensure!(
                confirmed.first() == Some(&proposer) && confirmed.len() < members.len(),
                "a proposal that should be in force"
            );
            ensure!(
                confirmed.iter().all(|who| members.contains(who)),
                "a confirmation of nobody's who is a member"
            );
        }
        for group in RotationsDue::<T>::iter_keys() {
            ensure!(SealKeys::<T>::contains_key(group), "no key that is due for rotation");
        }
        Ok(())
    }
}
