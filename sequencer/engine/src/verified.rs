//! What traders sign, before and after its signature is checked (Q-VERIFY).
//!
//! A signature costs more than everything else that the engine does with an order, and says nothing about the books. So
//! it is checked outside of the engine, for many inputs at once: [`Engine::claim`](crate::Engine::claim) says under
//! which key, a [`Checker`] checks, and [`Engine::take_verified`](crate::Engine::take_verified) takes what it let pass.

use crate::{error::Rejection, ids::AccountIndex};
use cloister_crypto::{
    constants::domain,
    schnorr::{PublicKey, Signature},
    Fr,
};
use cloister_crypto_many::{Backend, Hasher, Statement, Verifier};
use cloister_ledger::{Instruction, SignedControl, SignedInstruction};
use cloister_types::InstructionId;
use codec::{Decode, Encode};
use std::num::NonZeroUsize;

/// Keys whose multiples a checker remembers.
const KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

/// What a trader asks for, and signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum TraderInput {
    /// An order, cancel, cancel-all or withdrawal.
    Instruction(SignedInstruction),
    /// An order that takes the place of another one.
    Amend {
        /// The order that it replaces.
        replaces: InstructionId,
        /// The order.
        signed: SignedInstruction,
    },
    /// A cancel that binds although nothing is known of its id, or the order is gone: whatever was signed under the id
    /// is void afterwards, wherever it is.
    Annul(SignedInstruction),
    /// A control.
    Control(SignedControl),
}

impl TraderInput {
    /// The account that it names.
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::Instruction(signed) | Self::Amend { signed, .. } | Self::Annul(signed) => signed.instruction.index,
            Self::Control(signed) => signed.control.index,
        }
    }

    /// The instruction, if it is one.
    pub fn instruction(&self) -> Option<&Instruction> {
        match self {
            Self::Instruction(signed) | Self::Amend { signed, .. } | Self::Annul(signed) => Some(&signed.instruction),
            Self::Control(_) => None,
        }
    }

    fn signature(&self) -> Signature {
        match self {
            Self::Instruction(signed) | Self::Amend { signed, .. } | Self::Annul(signed) => signed.signature,
            Self::Control(signed) => signed.signature,
        }
    }

    /// The tag of the message, and what it is a hash of.
    fn elements(&self, genesis: &[u8; 32]) -> (u32, [Fr; 4]) {
        match self {
            Self::Instruction(signed) | Self::Amend { signed, .. } | Self::Annul(signed) => {
                (domain::INSTRUCTION, signed.instruction.elements(genesis))
            }
            Self::Control(signed) => (domain::CONTROL, signed.control.elements(genesis)),
        }
    }

    fn message(&self, genesis: &[u8; 32]) -> Fr {
        match self {
            Self::Instruction(signed) | Self::Amend { signed, .. } | Self::Annul(signed) => {
                signed.instruction.message(genesis)
            }
            Self::Control(signed) => signed.control.message(genesis),
        }
    }
}

/// An input, and the key that must have signed it. Only an engine makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    input: TraderInput,
    key: PublicKey,
}

impl Claim {
    pub(crate) fn new(input: TraderInput, key: PublicKey) -> Self {
        Self { input, key }
    }

    /// The account that the input names.
    pub fn account(&self) -> AccountIndex {
        self.input.account()
    }

    /// Checks the signature by itself.
    ///
    /// # Errors
    /// [`Rejection::BadSignature`].
    pub fn check(self, genesis: &[u8; 32]) -> Result<Verified, Rejection> {
        let message = self.input.message(genesis);
        match self.key.verify(message, &self.input.signature()) {
            Ok(()) => Ok(self.verified(genesis)),
            Err(_) => Err(Rejection::BadSignature),
        }
    }

    fn verified(self, genesis: &[u8; 32]) -> Verified {
        Verified {
            input: self.input,
            key: self.key,
            genesis: *genesis,
        }
    }
}

/// An input whose signature is valid, and under what. It is made by checking a [`Claim`] and in no other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    input: TraderInput,
    key: PublicKey,
    genesis: [u8; 32],
}

impl Verified {
    /// The input.
    pub fn input(&self) -> &TraderInput {
        &self.input
    }

    /// The input without the proof that its signature was checked: to be written down, for example.
    pub fn into_input(self) -> TraderInput {
        self.input
    }

    /// The input, if it was checked for this chain and under this key.
    pub(crate) fn under(self, genesis: &[u8; 32], key: &PublicKey) -> Result<TraderInput, Rejection> {
        if self.genesis == *genesis && self.key == *key {
            Ok(self.input)
        } else {
            Err(Rejection::BadSignature)
        }
    }
}

/// Checks the signatures of many inputs of one chain at once, and remembers multiples of the keys that sign often. It
/// lets exactly those pass that [`Claim::check`] does.
#[derive(Debug)]
pub struct Checker {
    genesis: [u8; 32],
    hasher: Hasher,
    verifier: Verifier,
}

impl Checker {
    /// A checker for a chain, with the fastest arithmetic that the machine has.
    pub fn new(genesis: [u8; 32]) -> Self {
        Self::with_backend(genesis, Backend::detect())
    }

    /// A checker with the arithmetic of one's choice.
    pub fn with_backend(genesis: [u8; 32], backend: Backend) -> Self {
        Self {
            genesis,
            hasher: Hasher::new(backend),
            verifier: Verifier::new(backend, KEYS),
        }
    }

    /// Checks claims; the answers are in their order. Errors: [`Rejection::BadSignature`].
    pub fn check_many(&mut self, claims: Vec<Claim>) -> Vec<Result<Verified, Rejection>> {
        let statements: Vec<Statement> = claims
            .iter()
            .zip(self.messages(&claims))
            .map(|(claim, message)| Statement {
                key: claim.key,
                message,
                signature: claim.input.signature(),
            })
            .collect();
        let verdicts = self.verifier.verify_many(&statements);
        let answer = |(claim, valid): (Claim, bool)| match valid {
            true => Ok(claim.verified(&self.genesis)),
            false => Err(Rejection::BadSignature),
        };
        claims.into_iter().zip(verdicts).map(answer).collect()
    }

    /// The messages of claims, in their order.
    fn messages(&self, claims: &[Claim]) -> Vec<Fr> {
        let elements: Vec<_> = claims.iter().map(|claim| claim.input.elements(&self.genesis)).collect();
        let mut messages = vec![Fr::zero(); claims.len()];
        for tag in [domain::INSTRUCTION, domain::CONTROL] {
            let (places, inputs): (Vec<usize>, Vec<[Fr; 4]>) = elements
                .iter()
                .enumerate()
                .filter(|(_, (of, _))| *of == tag)
                .map(|(place, (_, elements))| (place, *elements))
                .unzip();
            for (place, message) in places.into_iter().zip(self.hasher.sponge_many(tag, &inputs)) {
                if let Some(slot) = messages.get_mut(place) {
                    *slot = message;
                }
            }
        }
        messages
    }
}
