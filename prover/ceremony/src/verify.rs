//! The checks of a ceremony: each names the contribution that fails it.

use crate::{
    ceremony::Ceremony,
    contribution::{Contribution, ContributionKind, TranscriptHash},
    curve::{equal_pairings, times, Curve, G1, G2},
    error::{CeremonyError, Divided, Reason},
    initial::initial_state,
    progress::Step,
    ptau::Powers,
    secret::Secret,
    state::State,
};
use cloister_groth16::{G2Affine, Matrices};
use rayon::prelude::*;

/// An error unless the condition holds.
fn ensure(holds: bool, reason: Reason) -> Result<(), Reason> {
    if holds {
        Ok(())
    } else {
        Err(reason)
    }
}

impl Ceremony {
    /// Verifies the ceremony from its beginning: the first key follows from the powers and the circuit, every
    /// contribution knew its secret and applied it, and nothing else changed. `powers` must have been read for the
    /// circuit's domain.
    ///
    /// # Errors
    /// [`CeremonyError::OtherCircuit`], [`CeremonyError::OtherStart`]; [`CeremonyError::Contribution`] with the first
    /// bad contribution; the errors of [`Ceremony::new`].
    pub fn verify(&self, powers: &Powers, matrices: &Matrices, progress: &dyn Fn(Step)) -> Result<(), CeremonyError> {
        let expected = matrices.id();
        if self.circuit() != expected {
            return Err(CeremonyError::OtherCircuit {
                found: self.circuit(),
                expected,
            });
        }
        let initial = initial_state(powers, matrices, progress)?;
        progress(Step::Hashing);
        if initial.hashes() != self.initial {
            return Err(CeremonyError::OtherStart);
        }
        self.check_all(Some(&initial), progress)
    }

    /// Checks what can be checked without the powers: the proofs of knowledge, the chain of deltas, and that the key is
    /// the one that the last contribution recorded. Contributors do this before they build on a file; verifiers use
    /// [`Ceremony::verify`].
    ///
    /// # Errors
    /// [`CeremonyError::Contribution`] with the first bad contribution, [`CeremonyError::KeyWithoutContribution`].
    pub fn check(&self, progress: &dyn Fn(Step)) -> Result<(), CeremonyError> {
        self.check_all(None, progress)
    }

    fn check_all(&self, initial: Option<&State>, progress: &dyn Fn(Step)) -> Result<(), CeremonyError> {
        progress(Step::VerifyingContributions(self.contributions.len()));
        let challenges: Vec<G2Affine> = self.contributions.par_iter().map(Contribution::challenge).collect();
        let mut previous = self.start();
        for i in 0..self.contributions.len() {
            let blame = |reason| self.blame(i, reason);
            self.check_record(i, &previous, &challenges, progress).map_err(blame)?;
            if let Some(initial) = initial {
                self.check_effect(i, initial).map_err(blame)?;
            }
            previous = self.contributions[i].hash();
        }
        match self.contributions.len().checked_sub(1) {
            Some(last) => self.check_key(initial).map_err(|reason| self.blame(last, reason)),
            None if self.state.hashes() == self.initial => Ok(()),
            None => Err(CeremonyError::KeyWithoutContribution),
        }
    }

    fn blame(&self, i: usize, reason: Reason) -> CeremonyError {
        CeremonyError::Contribution {
            number: i + 1,
            name: self.contributions[i].name.clone(),
            reason,
        }
    }

    /// What a record says about itself and those before it.
    fn check_record(
        &self,
        i: usize,
        previous: &TranscriptHash,
        challenges: &[G2Affine],
        progress: &dyn Fn(Step),
    ) -> Result<(), Reason> {
        let (before, from_here) = self.contributions.split_at(i);
        let record = &from_here[0];
        ensure(record.previous == *previous, Reason::Previous)?;
        let ended = before.iter().any(|c| c.kind != ContributionKind::Person);
        ensure(!ended, Reason::AfterBeacon)?;

        let (g1, g2) = (G1::generator(), G2::generator());
        let (challenge, known) = (&challenges[i], &record.knowledge);
        let knows = equal_pairings(&known.s, &known.r_x, &known.s_x, challenge);
        ensure(knows, Reason::Knowledge)?;
        let delta_before = before.last().map_or(g1, |c| c.delta_g1);
        let applied = equal_pairings(&delta_before, &known.r_x, &record.delta_g1, challenge);
        ensure(applied, Reason::Delta)?;
        let agree = equal_pairings(&record.delta_g1, &g2, &g1, &record.delta_g2);
        ensure(agree, Reason::DeltaG2)?;

        // One secret after another can cancel out; then delta is what it was.
        let deltas = std::iter::once(g1).chain(before.iter().map(|c| c.delta_g1));
        if let Some(place) = deltas.into_iter().position(|delta| delta == record.delta_g1) {
            return Err(Reason::DeltaRepeated(place));
        }
        // Two people do not draw the same secret: one of them is not a person, or does not keep it.
        let same = |j: &usize| equal_pairings(&known.s, &before[*j].knowledge.r_x, &known.s_x, &challenges[*j]);
        if let Some(j) = (0..i).into_par_iter().find_first(same) {
            let name = before[j].name.clone();
            return Err(Reason::SameSecret { number: j + 1, name });
        }
        if let ContributionKind::Beacon { value, log2 } = &record.kind {
            progress(Step::Beacon(*log2));
            let follows = Secret::beacon(value, *log2, previous).is_some_and(|secret| {
                let s = times::<G1>(&g1, &secret.s);
                known.s == s && known.s_x == times::<G1>(&s, &secret.x)
            });
            ensure(follows, Reason::Beacon)?;
        }
        Ok(())
    }

    /// What a record says about the key that it left.
    fn check_effect(&self, i: usize, initial: &State) -> Result<(), Reason> {
        let record = &self.contributions[i];
        if record.state.fixed != self.initial.fixed {
            // Only the last key is at hand to be compared part by part.
            let last = i + 1 == self.contributions.len();
            let part = last.then(|| self.state.fixed_difference(initial)).flatten();
            return Err(Reason::Fixed(part));
        }
        let g2 = G2::generator();
        let result = &record.state.result;
        let divided = |probe, before| equal_pairings(probe, &record.delta_g2, &before, &g2);
        ensure(
            divided(&record.probe_h, initial.probe_h(result)),
            Reason::NotDivided(Divided::H),
        )?;
        ensure(
            divided(&record.probe_l, initial.probe_l(result)),
            Reason::NotDivided(Divided::L),
        )
    }

    /// The key is the one that the last contribution recorded.
    fn check_key(&self, initial: Option<&State>) -> Result<(), Reason> {
        let Some(record) = self.contributions.last() else {
            return Ok(());
        };
        let vk = &self.state.vk;
        ensure(
            vk.delta_g1 == record.delta_g1 && vk.delta_g2 == record.delta_g2,
            Reason::KeyDelta,
        )?;
        if let Some(part) = initial.and_then(|initial| self.state.fixed_difference(initial)) {
            return Err(Reason::Fixed(Some(part)));
        }
        ensure(self.state.hashes() == record.state, Reason::Result)?;
        let result = &record.state.result;
        ensure(self.state.probe_h(result) == record.probe_h, Reason::Probe(Divided::H))?;
        ensure(self.state.probe_l(result) == record.probe_l, Reason::Probe(Divided::L))
    }
}
