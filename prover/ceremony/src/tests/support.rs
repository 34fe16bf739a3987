//! A circuit, powers of tau with known secrets, and a folder for files.

use crate::{
    ceremony::Ceremony,
    error::CeremonyError,
    progress::Step,
    ptau::{Powers, PowersError},
};
use bellman::{Circuit, ConstraintSystem, LinearCombination, SynthesisError, Variable};
use bls12_381::Scalar;
use cloister_ceremony_testing::{KnownPowers, PowersSections};
use cloister_groth16::Matrices;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Rows of [`Chain`].
const ROWS: u64 = 40;

/// `x_(i+1) = (x_i + i) · (c_i x_i - y)`, with coefficients short, long and negative, a wire twice in one sum, one wire
/// that is in A alone, one in B alone, and two public inputs `y` and the end of the chain.
#[derive(Clone, Copy)]
pub struct Chain(pub Option<(Scalar, Scalar)>);

impl Chain {
    /// A long coefficient, a short one, minus one, two, one: by turns.
    fn coefficient(i: u64) -> Scalar {
        match i % 5 {
            0 => Scalar::from(i + 3).invert().expect("not zero"),
            1 => Scalar::from(1 << 40) + Scalar::from(i),
            2 => -Scalar::one(),
            3 => Scalar::from(2),
            _ => Scalar::one(),
        }
    }

    /// The public inputs.
    pub fn inputs(&self) -> Vec<Scalar> {
        let (mut x, y) = self.0.expect("there is a witness");
        for i in 0..ROWS {
            x = (x + x + Scalar::from(i)) * (Self::coefficient(i) * x - y);
        }
        vec![y, x]
    }
}

impl Circuit<Scalar> for Chain {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let missing = SynthesisError::AssignmentMissing;
        let zero = LinearCombination::<Scalar>::zero;
        let y = cs.alloc_input(|| "y", || self.0.map(|w| w.1).ok_or(missing))?;
        let missing = || SynthesisError::AssignmentMissing;
        let mut value = self.0.map(|w| w.0);
        let mut x: Variable = cs.alloc(|| "start", || value.ok_or_else(missing))?;
        for i in 0..ROWS {
            let c = Self::coefficient(i);
            let known = self.0.map(|w| w.1);
            value = value.zip(known).map(|(x, y)| (x + x + Scalar::from(i)) * (c * x - y));
            let next = if i + 1 == ROWS {
                cs.alloc_input(|| "end", || value.ok_or_else(missing))?
            } else {
                cs.alloc(|| "next", || value.ok_or_else(missing))?
            };
            cs.enforce(
                || "step",
                |lc| lc + x + x + (Scalar::from(i), CS::one()),
                |lc| lc + (c, x) - y,
                |lc| lc + next,
            );
            x = next;
        }
        let free = cs.alloc(|| "only in A", || Ok(Scalar::zero()))?;
        let other = cs.alloc(|| "only in B", || Ok(Scalar::from(7)))?;
        cs.enforce(|| "zero", |_| zero() + free, |_| zero() + other, |_| zero());
        Ok(())
    }
}

pub fn matrices() -> Matrices {
    Matrices::record(Chain(None)).expect("synthesises")
}

/// Secrets of the powers in the tests.
pub fn known(power: u32) -> KnownPowers {
    KnownPowers {
        power,
        tau: Scalar::from(0x1234_5678_9abc_def1).square(),
        alpha: Scalar::from(0xfedc_ba98_7654_3211).square(),
        beta: Scalar::from(0x0f1e_2d3c_4b5a_6979).square(),
    }
}

pub fn silent(_: Step) {}

/// A folder that is removed in the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        // Two tests may choose one name.
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("cloister-ceremony-{}-{number}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("temporary folder");
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes sections as a file and reads the powers for `2^log2` from it.
pub fn read_sections(name: &str, sections: &PowersSections, log2: u32) -> Result<Powers, PowersError> {
    read_bytes(name, &sections.to_bytes(), log2)
}

/// Writes bytes as a file and reads the powers for `2^log2` from it.
pub fn read_bytes(name: &str, bytes: &[u8], log2: u32) -> Result<Powers, PowersError> {
    let folder = Folder::new(name);
    let path = folder.file("powers.ptau");
    fs::write(&path, bytes).expect("writes");
    Powers::read(&path, log2, &silent).map_err(|error| match error {
        CeremonyError::Powers { error, .. } => error,
        other => panic!("another error: {other}"),
    })
}

/// The powers for the chain.
pub fn powers(name: &str) -> Powers {
    let log2 = matrices().domain_log2();
    read_sections(name, &known(log2).sections(), log2).expect("the powers are good")
}

/// A ceremony for the chain, and its powers.
pub fn ceremony(name: &str) -> (Ceremony, Powers) {
    let powers = powers(name);
    let ceremony = Ceremony::new(&powers, &matrices(), &silent).expect("the circuit fits");
    (ceremony, powers)
}
