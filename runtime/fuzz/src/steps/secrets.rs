//! The secret of a sealing key: transport keys, hand-overs, and rotations after somebody was taken away.

use super::common::*;
use crate::{bytes::Bytes, chain::Who, world::World};
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use cloister_runtime::{AccountId, Runtime, Sequencers};
use frame_support::BoundedVec;
use pallet_cloister_sequencers::{
    Call, Field, Rotations, SealedSecret, Sequencers as _, TransportKeys, MAX_HAND_OVER, SEALED_SECRET,
};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::Dave;

type Sequence = Call<Runtime>;

pub(super) fn secrets(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let members = Sequencers::members(group);
    let other = somebody(bytes);
    let signer = mostly(bytes, members.iter().cloned(), other.clone());
    let call = match bytes.byte() % 16 {
        0 => Sequence::set_transport_key {
            group,
            key: [bytes.byte() % 3; 32],
        },
        // What honest members do, so that something can be sealed to them.
        1..=3 => {
            publish(world, group, &members, bytes.byte() % 3);
            if bytes.but_once_in(3) {
                come_and_go(world, group, members, other);
            }
            return;
        }
        4..=7 => hand_over(bytes, group, &members, other),
        8..=11 => propose(bytes, group, &members, &signer),
        _ => {
            let proposals = Rotations::<Runtime>::iter_prefix(group).map(|(who, proposal)| (who, proposal.key));
            let other = (other, key(bytes));
            let (proposer, (x, y)) = mostly(bytes, proposals, other);
            // All of them, one after the other.
            if bytes.but_once_in(3) {
                for who in members {
                    let proposer = proposer.clone();
                    world.sign(&who, Sequence::confirm_seal_key { group, proposer, x, y });
                }
                return;
            }
            Sequence::confirm_seal_key { group, proposer, x, y }
        }
    };
    signed_by(world, bytes, signer, call);
}

/// The members have transport keys, and somebody was one of them.
pub(super) fn make_rotation_due(world: &mut World, group: u32) {
    let members = Sequencers::members(group);
    publish(world, group, &members, 1);
    come_and_go(world, group, members, Dave.to_account_id());
}

fn publish(world: &mut World, group: u32, members: &[AccountId], key: u8) {
    for who in members {
        world.sign(who, Sequence::set_transport_key { group, key: [key; 32] });
    }
}

/// Somebody becomes a member and is taken away again, so that a rotation is due for the others.
fn come_and_go(world: &mut World, group: u32, members: Vec<AccountId>, other: AccountId) {
    let mut more = members.clone();
    more.push(other);
    for members in [more, members] {
        let members = BoundedVec::truncate_from(members);
        world.make(&Who::Enacted, &Sequence::set_members { group, members }.into());
    }
}

/// One of the keys that governance sets too; now and then none.
fn key(bytes: &mut Bytes) -> (Field, Field) {
    let key = SecretKey::from_seed(&[bytes.byte() % 4; 32]).public();
    let (x, y) = (to_bytes(&key.x()), to_bytes(&key.y()));
    bytes.of(&[(x, y), (x, y), (x, y), (x, y), (x, y), (y, x)])
}

/// A member's transport key, if it has one; now and then another.
fn transport(bytes: &mut Bytes, group: u32, who: &AccountId) -> Field {
    let found = TransportKeys::<Runtime>::get(group, who);
    mostly(bytes, found.into_iter(), [1; 32])
}

fn hand_over(bytes: &mut Bytes, group: u32, members: &[AccountId], other: AccountId) -> Sequence {
    let to = mostly(bytes, members.iter().cloned(), other);
    let other_key = key(bytes);
    let length = bytes.of(&[SEALED_SECRET, SEALED_SECRET, MAX_HAND_OVER, 0]);
    Sequence::hand_over {
        group,
        transport: transport(bytes, group, &to),
        to,
        key: mostly(bytes, Sequencers::seal_key(group).into_iter(), other_key),
        ciphertext: BoundedVec::truncate_from(vec![1; length as usize]),
    }
}

fn propose(bytes: &mut Bytes, group: u32, members: &[AccountId], signer: &AccountId) -> Sequence {
    let (x, y) = key(bytes);
    let mut others: Vec<AccountId> = members.iter().filter(|who| *who != signer).cloned().collect();
    if bytes.once_in(8) {
        others.pop();
    }
    let mut sealed = Vec::new();
    for to in others {
        sealed.push(SealedSecret {
            transport: transport(bytes, group, &to),
            to,
            ciphertext: [1; SEALED_SECRET as usize],
        });
    }
    Sequence::propose_seal_key {
        group,
        x,
        y,
        sealed: BoundedVec::truncate_from(sealed),
    }
}
