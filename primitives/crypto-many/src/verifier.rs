//! Signatures checked many at a time.

use crate::{
    digits::{of_challenge, of_response, CHALLENGE_DIGITS, RESPONSE_DIGITS},
    keys::{coordinates, Coordinates, Keys},
    kit::Kitted,
    schnorr::{challenges, Group},
};
use cloister_crypto::{
    jubjub,
    schnorr::{PublicKey, Signature},
    Fr,
};
use cloister_lanes::{on_backend, scalar::words, Backend, Suite, LANES};
use std::num::NonZeroUsize;

/// Groups that share an inversion; more would only need more memory.
const GROUPS: usize = 32;
/// Keys that a verifier remembers unless it is told otherwise: of each that signs often it has nine kilobytes.
const KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

/// That a message was signed by the holder of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The key.
    pub key: PublicKey,
    /// What was signed.
    pub message: Fr,
    /// The signature.
    pub signature: Signature,
}

/// One verdict for each statement: exactly what [`PublicKey::verify`] says.
pub fn verify_many(statements: &[Statement]) -> Vec<bool> {
    on_backend!(Backend::detect(), S => verify_with::<S>(&Keys::new(NonZeroUsize::MIN), statements))
}

/// Checks signatures, and remembers multiples of the keys that sign often. What it remembers makes it faster and
/// changes no verdict.
pub struct Verifier(Box<dyn Check>);

impl core::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new(Backend::detect(), KEYS)
    }
}

impl Verifier {
    /// A verifier with a backend, or the one that stands in for it, which remembers no more than so many keys.
    pub fn new(backend: Backend, keys: NonZeroUsize) -> Self {
        on_backend!(backend, S => Self(Box::new(Remembering::<S>(Keys::new(keys)))))
    }

    /// One verdict for each statement: exactly what [`PublicKey::verify`] says.
    pub fn verify_many(&mut self, statements: &[Statement]) -> Vec<bool> {
        self.0.verify(statements)
    }
}

trait Check: Send {
    fn verify(&mut self, statements: &[Statement]) -> Vec<bool>;
}

struct Remembering<S: Suite>(Keys<S::Elements>);

impl<S: Kitted> Check for Remembering<S> {
    fn verify(&mut self, statements: &[Statement]) -> Vec<bool> {
        let verdicts = verify_with::<S>(&self.0, statements);
        let valid = statements.iter().zip(&verdicts).filter(|(_, valid)| **valid);
        self.0
            .note(S::kit(), valid.map(|(statement, _)| coordinates(&statement.key)));
        verdicts
    }
}

/// A statement as the lanes take it.
struct Claim {
    /// Its place among all.
    place: usize,
    key: Coordinates,
    message: [u64; 4],
    challenge: u128,
    challenge_digits: [i16; CHALLENGE_DIGITS],
    response_digits: [i16; RESPONSE_DIGITS],
}

impl Claim {
    /// `None` if the response is not canonical.
    fn of(place: usize, statement: &Statement) -> Option<Self> {
        let Signature { challenge, response } = statement.signature;
        Option::<jubjub::Fr>::from(jubjub::Fr::from_bytes(&response))?;
        Some(Self {
            place,
            key: coordinates(&statement.key),
            message: words(&statement.message),
            challenge,
            challenge_digits: of_challenge(challenge),
            response_digits: of_response(&response),
        })
    }
}

fn verify_with<S: Kitted>(keys: &Keys<S::Elements>, statements: &[Statement]) -> Vec<bool> {
    let mut verdicts = vec![false; statements.len()];
    let claims = statements
        .iter()
        .enumerate()
        .filter_map(|(place, s)| Claim::of(place, s));
    let (known, unknown): (Vec<Claim>, Vec<Claim>) = claims.partition(|claim| keys.table(&claim.key).is_some());
    let width = <S::Elements as cloister_lanes::Elements>::WIDTH;
    let chunks: Vec<&[Claim]> = known.chunks(width).chain(unknown.chunks(width)).collect();
    for chunks in chunks.chunks(GROUPS) {
        let groups: Vec<_> = chunks.iter().map(|claims| group::<S>(keys, claims)).collect();
        for (claims, expected) in chunks.iter().zip(challenges(S::kit(), &groups)) {
            for (claim, expected) in claims.iter().zip(expected) {
                if let Some(verdict) = verdicts.get_mut(claim.place) {
                    *verdict = claim.challenge == expected;
                }
            }
        }
    }
    verdicts
}

/// Claims lane by lane; lanes beyond them repeat the first.
fn group<'a, S: Kitted>(keys: &'a Keys<S::Elements>, claims: &[Claim]) -> Group<'a, S::Elements> {
    let lanes: [&Claim; LANES] = core::array::from_fn(|lane| claims.get(lane).unwrap_or(&claims[0]));
    let tables = lanes.map(|claim| keys.table(&claim.key));
    let all = tables.iter().all(Option::is_some);
    Group {
        responses: lanes.map(|claim| claim.response_digits),
        challenges: lanes.map(|claim| claim.challenge_digits),
        x: lanes.map(|claim| claim.key[0]),
        y: lanes.map(|claim| claim.key[1]),
        messages: lanes.map(|claim| claim.message),
        tables: all.then(|| tables.map(|table| table.unwrap_or_default())),
    }
}
