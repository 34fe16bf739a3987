//! ark-groth16 over ark-bls12-381, with its parallel and assembly features.

use super::{Engine, EngineName, SEED};
use crate::{error::BenchError, replay::Replay, subject::Subject};
use ark_bls12_381::{Bls12_381, Fr};
use ark_ff::{PrimeField, UniformRand};
use ark_groth16::{PreparedVerifyingKey, Proof, ProvingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, LinearCombination, Matrix, OptimizationGoal,
    SynthesisError, SynthesisMode, Variable, R1CS_PREDICATE_LABEL,
};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use rand_chacha_03::{rand_core::SeedableRng, ChaCha20Rng};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

type Groth16 = ark_groth16::Groth16<Bls12_381>;

/// The engine.
pub struct Arkworks {
    circuit: Replay<Fr>,
    synthesized: Option<Synthesized>,
}

/// What its prover takes where the circuit is known: matrices and all wires.
struct Synthesized {
    matrices: Vec<Matrix<Fr>>,
    wires: Vec<Fr>,
}

/// Parameters and the prepared verifying key.
pub struct Key {
    parameters: ProvingKey<Bls12_381>,
    prepared: PreparedVerifyingKey<Bls12_381>,
}

/// Plays a recording to arkworks.
struct Player<'a>(&'a Replay<Fr>);

impl ConstraintSynthesizer<Fr> for Player<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let Self(replay) = self;
        let mut wires = Vec::with_capacity(replay.inputs.len() + replay.aux.len());
        wires.push(Variable::One);
        for value in &replay.inputs[1..] {
            wires.push(cs.new_input_variable(|| Ok(*value))?);
        }
        for value in &replay.aux {
            wires.push(cs.new_witness_variable(|| Ok(*value))?);
        }
        let combine = |part, i| LinearCombination(replay.row(part, i).map(|(wire, x)| (x, wires[wire])).collect());
        for i in 0..replay.constraints() {
            cs.enforce_r1cs_constraint(|| combine(0, i), || combine(1, i), || combine(2, i))?;
        }
        Ok(())
    }
}

impl Engine for Arkworks {
    type Parameters = ProvingKey<Bls12_381>;
    type Key = Key;

    const NAME: EngineName = EngineName::Arkworks;

    fn open(_: Subject, recording: &Path) -> Result<Self, BenchError> {
        let circuit = Replay::read(recording, |bytes| Some(Fr::from_le_bytes_mod_order(bytes)))?;
        Ok(Self {
            circuit,
            synthesized: None,
        })
    }

    fn setup(&self) -> Result<Self::Parameters, BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let player = Player(&self.circuit);
        Ok(Groth16::generate_random_parameters_with_reduction(player, &mut rng)?)
    }

    fn save(&self, parameters: &Self::Parameters, path: &Path) -> Result<(), BenchError> {
        let mut file = BufWriter::new(File::create(path).map_err(BenchError::file(path))?);
        parameters.serialize_uncompressed(&mut file)?;
        file.flush().map_err(BenchError::file(path))
    }

    fn load(&self, path: &Path) -> Result<Key, BenchError> {
        let file = BufReader::new(File::open(path).map_err(BenchError::file(path))?);
        let parameters = ProvingKey::deserialize_uncompressed_unchecked(file)?;
        let prepared = ark_groth16::prepare_verifying_key(&parameters.vk);
        Ok(Key { parameters, prepared })
    }

    fn prove(&self, key: &Key) -> Result<Vec<u8>, BenchError> {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let player = Player(&self.circuit);
        encode(&Groth16::create_random_proof_with_reduction(
            player,
            &key.parameters,
            &mut rng,
        )?)
    }

    fn synthesize(&mut self) -> Result<bool, BenchError> {
        let cs = ConstraintSystem::new_ref();
        cs.set_optimization_goal(OptimizationGoal::Constraints);
        cs.set_mode(SynthesisMode::Setup);
        Player(&self.circuit).generate_constraints(cs.clone())?;
        cs.finalize();
        let matrices = cs.to_matrices()?.remove(R1CS_PREDICATE_LABEL).unwrap_or_default();
        let wires = [&self.circuit.inputs[..], &self.circuit.aux].concat();
        self.synthesized = Some(Synthesized { matrices, wires });
        Ok(true)
    }

    fn prove_assignment(&self, key: &Key) -> Result<Vec<u8>, BenchError> {
        let ready = self.synthesized.as_ref().ok_or(BenchError::Order("an assignment"))?;
        let mut rng = ChaCha20Rng::from_seed(SEED);
        encode(&Groth16::create_proof_with_reduction_and_matrices(
            &key.parameters,
            Fr::rand(&mut rng),
            Fr::rand(&mut rng),
            &ready.matrices,
            self.circuit.inputs.len(),
            self.circuit.constraints(),
            &ready.wires,
        )?)
    }

    fn verify(&self, key: &Key, proof: &[u8]) -> Result<(), BenchError> {
        let proof = Proof::deserialize_compressed(proof).map_err(|_| Self::refused())?;
        match Groth16::verify_proof(&key.prepared, &proof, &self.circuit.inputs[1..])? {
            true => Ok(()),
            false => Err(Self::refused()),
        }
    }
}

fn encode(proof: &Proof<Bls12_381>) -> Result<Vec<u8>, BenchError> {
    let mut bytes = Vec::new();
    proof.serialize_compressed(&mut bytes)?;
    Ok(bytes)
}
