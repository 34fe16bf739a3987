//! What a cheating contributor does to a ceremony.

use crate::{
    ceremony::Ceremony,
    contribution::{Contribution, ContributionKind},
    curve::{times, G2},
    secret::Secret,
};
use cloister_groth16::{KeyPoints, VerifyingKey};

/// Contributes with a known secret and without checking anything.
pub fn contribute_known(ceremony: &mut Ceremony, name: &str, x: u64) {
    ceremony.apply(name, ContributionKind::Person, &Secret::known(x), &|_| {});
}

/// The record of a contribution that left the key as it stands, whatever was done to it, with a sound proof of
/// knowledge.
pub fn record(ceremony: &Ceremony, name: &str, x: u64) -> Contribution {
    ceremony.record(name, ContributionKind::Person, &Secret::known(x))
}

/// Makes the proof of knowledge of a record anew, as its maker could after changing it.
pub fn prove_again(contribution: &mut Contribution, x: u64) {
    contribution.knowledge.r_x = times::<G2>(&contribution.challenge(), &Secret::known(x).x);
}

/// The contributions, to be tampered with.
pub fn contributions_mut(ceremony: &mut Ceremony) -> &mut Vec<Contribution> {
    &mut ceremony.contributions
}

/// The key, to be tampered with.
pub fn key_mut(ceremony: &mut Ceremony) -> (&mut VerifyingKey, &mut KeyPoints) {
    (&mut ceremony.state.vk, &mut ceremony.state.points)
}
